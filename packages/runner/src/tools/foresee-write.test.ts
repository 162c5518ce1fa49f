import type { JsonObject } from "@phasegate/wire";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { foreseeWrite } from "./foresee-write.ts";

const path = "package.json";
let workspace: string;

beforeAll(() => {
  workspace = mkdtempSync(join(tmpdir(), "phasegate-foresee-"));
  mkdirSync(join(workspace, "src"));
  writeFileSync(join(workspace, path), "{}\n", { mode: 0o600 });
  writeFileSync(join(workspace, "src/bytes"), Buffer.from([0xff]));
  symlinkSync(path, join(workspace, "link"));
});
afterAll(() => rmSync(workspace, { recursive: true }));

test.each<[called: string, toolName: string, args: JsonObject, before: string | null, after: string]>([
  ["a file written anew", "write_files", { path, content: "[]" }, "{}\n", "[]"],
  ["a file written below its agent's name", "write_files", { path: `/workspace/${path}`, content: "" }, "{}\n", ""],
  ["a file appended to", "write_files", { path, content: "//", mode: "a" }, "{}\n", "{}\n//"],
  ["a new file", "write_files", { path: "src/new", content: "x" }, null, "x"],
  ["a text replaced", "edit_files", { path, old_text: "{}", new_text: "$&" }, "{}\n", "$&\n"],
])("tells what would stand there: %s", async (_, toolName, args, before, after) => {
  const foreseen = await foreseeWrite(toolName, args, workspace);
  expect(foreseen?.contents).toEqual({ before, after });
  expect(foreseen?.change.kind).toBe(before === null ? "added" : "modified");
  expect(foreseen?.change.after?.permissions).toBe(before === null ? 0o644 : 0o600);
});

test.each<[why: string, toolName: string, args: JsonObject]>([
  ["a text that is not there", "edit_files", { path, old_text: "[]", new_text: "" }],
  ["a mode that is none", "write_files", { path, content: "", mode: "x" }],
  ["a link", "write_files", { path: "link", content: "" }],
  ["a folder that is not there", "write_files", { path: "lib/a", content: "" }],
  ["a file that is no text", "edit_files", { path: "src/bytes", old_text: "a", new_text: "b" }],
  ["a text that is long", "write_files", { path, content: "x".repeat(65_537) }],
  ["a text that becomes long", "edit_files", { path, old_text: "{", new_text: "x".repeat(65_537) }],
  ["a place outside", "write_files", { path: "../a", content: "" }],
  ["another tool", "restore_files", { path }],
])("says nothing of what the tool refuses or does otherwise: %s", async (_, toolName, args) => {
  expect(await foreseeWrite(toolName, args, workspace)).toBeNull();
});
