import { expect, test } from "vitest";
import { tellingLines } from "./telling-lines.ts";

const stale = `npm warn old lockfile
npm error code EUSAGE
npm error
npm error \`npm ci\` can only install packages when your package.json and package-lock.json are in sync.
npm error
npm error Missing: is-odd@3.0.1 from lock file
npm error
npm notice New major version of npm available!
npm error A complete log of this run can be found in: /tmp/x.log
setup: exit code 1
`;

test("what an installer calls an error comes first, and what says nothing is left out", () => {
  expect(tellingLines(stale)).toEqual([
    "npm error code EUSAGE",
    "npm error `npm ci` can only install packages when your package.json and package-lock.json are in sync.",
    "npm error Missing: is-odd@3.0.1 from lock file",
    "setup: exit code 1",
  ]);
});

test("without an error it is told by the last lines", () => {
  const lines = Array.from({ length: 30 }, (_, index) => `step ${index}`);
  const told = tellingLines([...lines, "setup: timed_out"].join("\n"));
  expect([told.length, told[0], told.at(-1)]).toEqual([14, "step 17", "setup: timed_out"]);
});
