import { mkdtempSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { examineExportFolder, makeExportFolder } from "./export-folder.ts";

test("the folder of an export is made for its owner only, and left as it is where it is there", () => {
  const folder = join(mkdtempSync(join(tmpdir(), "phasegate-export-")), "audit", "2030");
  examineExportFolder(join(folder, "audit.jsonl"));
  expect(statSync(folder, { throwIfNoEntry: false })).toBeUndefined();
  makeExportFolder(join(folder, "audit.jsonl"));
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  expect(() => makeExportFolder(join(folder, "audit.jsonl"))).not.toThrow();
});

test.each([makeExportFolder, examineExportFolder])("a place that takes no folder is refused by %o", (attempt) => {
  expect(() => attempt("/proc/nowhere/audit.jsonl")).toThrow(
    expect.objectContaining({ code: "config_invalid", message: expect.stringContaining("/proc/nowhere/audit.jsonl") }),
  );
});
