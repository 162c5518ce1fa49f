import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root } from "../bootstrap/paths.mjs";
import { loadTwins, switchedOff } from "./twin-file.ts";

// Whether the tests go red is tried by `npm run twins`; here only that its tables fit the sources.
const twins = loadTwins();
const sources = new Map<string, string>();

function sourceOf(path: string): string {
  const known = sources.get(path) ?? readFileSync(join(root, path), "utf8");
  sources.set(path, known);
  return known;
}

test("each rule that can be switched off stands in its file exactly once", () => {
  const stale = twins.map((twin) => ({ twin, why: switchedOff(twin, sourceOf(twin.rule)).why }));
  expect(stale.flatMap(({ twin, why }) => (why === null ? [] : [`${twin.area}: ${twin.promise}: ${why}`]))).toEqual([]);
});

test("each test that must notice stands in its file", () => {
  // Cases that are files bear their names.
  const isTitle = (path: string, named: string) => sourceOf(path).includes(named) || path.endsWith(`/${named}`);
  const missing = twins.filter(({ test, titles, named }) => !sourceOf(test) || !isTitle(titles ?? test, named));
  expect(missing.map(({ test, named }) => `${test}: ${named}`)).toEqual([]);
});

test("no promise is made twice", () => {
  const promises = twins.map(({ promise }) => promise);
  expect(promises.filter((one, index) => promises.indexOf(one) !== index)).toEqual([]);
});

test("a text that stands nowhere, or twice, switches nothing off", () => {
  const twin = { rule: "a.ts", find: "rule()", replace: "$&" };
  expect(switchedOff(twin, "none").why).toBe("the text stands 0 times in a.ts");
  expect(switchedOff(twin, "rule() rule()").why).toBe("the text stands 2 times in a.ts");
  expect(switchedOff(twin, "if (rule()) stop()").off).toBe("if ($&) stop()");
});
