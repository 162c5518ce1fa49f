import { expect, test } from "vitest";
import { withoutUsage } from "./without-usage.ts";

test("the usage that npm prints behind its reason is left out", () => {
  const reason = "npm error code EUSAGE\nnpm error Missing: is-odd@3.0.1 from lock file\nnpm error\n";
  const usage = "npm error Usage:\nnpm error npm ci\nnpm error\nnpm error aliases: ic\n";
  const log = "npm error A complete log of this run can be found in: /tmp/x.log";
  expect(withoutUsage(`${reason}${usage}${log}`)).toBe(`${reason}${log}`);
});

test("what others print under that word stays", () => {
  const text = "npm error code 1\npostinstall\nUsage:\n  build [options]\n";
  expect(withoutUsage(text)).toBe(text);
});
