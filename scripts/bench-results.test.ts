import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { keepResults, type GroupResult } from "../bench/results.ts";

const known = ["http", "tree", "hook"];
const result = (machine: string): GroupResult => ({ machine, effort: { rounds: 1 }, rows: [] });

function newFile(): string {
  const folder = mkdtempSync(join(tmpdir(), "phasegate-bench-results-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, "results/bench.json");
}
const read = (file: string): unknown => JSON.parse(readFileSync(file, "utf8"));

test("a group that is measured again alone takes its own place, and the others stay with their machine", () => {
  const file = newFile();
  keepResults(file, { http: result("old"), tree: result("old"), hook: result("old") }, known);
  keepResults(file, { tree: result("new") }, known);
  expect(read(file)).toEqual({ groups: { http: result("old"), tree: result("new"), hook: result("old") } });
});

test("a group that is measured no more, and a file of another kind, leave nothing", () => {
  const file = newFile();
  keepResults(file, { gone: result("old"), http: result("old") }, [...known, "gone"]);
  keepResults(file, {}, known);
  expect(read(file)).toEqual({ groups: { http: result("old") } });
  writeFileSync(file, '{ "machine": "old", "rows": [] }');
  keepResults(file, { hook: result("new") }, known);
  expect(read(file)).toEqual({ groups: { hook: result("new") } });
});
