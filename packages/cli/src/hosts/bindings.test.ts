import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { findBinding, removeBinding, writeBinding } from "./bindings.ts";

const binding = { directory: "/work/a", server: "http://127.0.0.1:8000", taskId: "task_1", key: "pgk_1" };
let folder: string;
let file: string;

beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), "phasegate-bindings-")), "bindings");
  file = writeBinding(folder, binding);
});
afterEach(() => rmSync(join(folder, ".."), { recursive: true }));

test("a directory and all below it are bound, what stands beside it is not", () => {
  expect(findBinding(folder, ["/work/a"])).toEqual(binding);
  expect(findBinding(folder, ["/elsewhere", "/work/a/src/deep"])).toEqual(binding);
  expect(findBinding(folder, ["/work", "/work/ab", "/"])).toBeNull();
});

test("the key is its owner's alone", () => {
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
});

test("a binding that others can read or change is a denial", () => {
  for (const mode of [0o604, 0o620, 0o666]) {
    chmodSync(file, mode);
    expect(() => findBinding(folder, ["/work/a"])).toThrow("is open to others");
  }
});

test("a binding that is cut, of another directory, or no file is a denial", () => {
  for (const text of ["", "{", "[]", '{"directory":"/work/a"}', JSON.stringify({ ...binding, directory: "/work/b" })]) {
    writeFileSync(file, text);
    expect(() => findBinding(folder, ["/work/a"])).toThrow(/cannot be read|is not a binding/);
  }
  rmSync(file);
  mkdirSync(file);
  expect(() => findBinding(folder, ["/work/a"])).toThrow("is open to others");
});

test("without a binding nothing is bound", () => {
  expect(removeBinding(folder, "/work/a")).toBe(true);
  expect(removeBinding(folder, "/work/a")).toBe(false);
  expect(findBinding(folder, ["/work/a"])).toBeNull();
  expect(findBinding("/nowhere", ["/work/a"])).toBeNull();
});
