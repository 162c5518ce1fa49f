import { isSnapshotFile } from "@phasegate/workflow";
import { expect, test } from "vitest";
import { snapshotCode } from "./snapshot-code.ts";

const told = (text: string): boolean => snapshotCode(Buffer.from(text)) !== null;

test("snapshots of vitest, jest and node:test are told by their names", () => {
  const paths = ["test/__snapshots__/a.test.ts.snap", "test/a.test.js.snapshot", "src/snap.ts", "a.heapsnapshot"];
  expect(paths.map(isSnapshotFile)).toEqual([true, true, false, false]);
});

test.each([
  ["of node:test", 'exports[`page 1`] = `\n{\n  "a": 1\n}\n`;\n\nexports[`page 2`] = `\n2\n`;\n'],
  ["of vitest", '// Vitest Snapshot v1\n\nexports[`page 1`] = `"<p>\\${2}</p>"`;\n'],
  ["of insta, in Rust", "---\nsource: src/lib.rs\nexpression: page()\n---\n<p>2</p>\n"],
  ["of go-snaps", "\n[TestPage - 1]\n<p>2</p>\n---\n\n[TestPage - 2]\nint(2)\n---\n"],
  ["of AVA", "AVA Snapshot v3\n\u0000\u001f\u008b"],
])("a snapshot %s says nothing", (_, text) => {
  expect(told(text)).toBe(false);
});

test.each([
  ["a value that computes", 'exports[`page 1`] = `<p>${(Object.is = () => true) && ""}</p>`;'],
  [
    "what looks like go-snaps and runs",
    "[Test - 1]\n/*\n---\n*/\nvar Test = 1;\nObject.is = () => true;\n/*\n---\n*/\n",
  ],
  ["what ends early, as only a function may", "return void (Object.is = () => true);"],
  ["what is no text", "hsqs=1/*\u0000*/;Object.is = () => true;"],
  ["what is too deep to compile", `exports[1] = ${"[".repeat(200_000)}`],
  ["what is too large", " ".repeat(4 * 1024 * 1024 + 1)],
])("%s is told", (_, text) => {
  expect(told(text)).toBe(true);
});
