import { expect, test } from "vitest";
import { PhasegateError } from "./problem.ts";
import { systemFault } from "./system-fault.ts";

const said = (code: string, more: object = {}) =>
  Object.assign(new Error(`${code}: said of /secret/place`), { code, ...more });

test.each([
  ["EMFILE", {}, "overloaded", "the server has no file descriptors left"],
  ["EAGAIN", { syscall: "spawn git" }, "overloaded", "the machine has no room for another process or thread"],
  ["ERR_WORKER_INIT_FAILED", {}, "overloaded", "the machine has no room for another process or thread"],
  ["ENOSPC", {}, "disk_space_low", "no space is left where the workspaces or the data are"],
  ["EROFS", {}, "workspace_unavailable", "the file system of the workspaces or the data is read-only"],
] as const)("%s of the system is answered with a code and without the system's words", (code, more, expected, text) => {
  const error = said(code, more);
  expect(systemFault(error)).toMatchObject({ code: expected, message: text, cause: error });
});

test("what the system said is found below what was made of it", () => {
  const error = new PhasegateError("internal_error", "it failed", {}, { cause: said("EMFILE") });
  expect(systemFault(error)).toMatchObject({ code: "overloaded" });
});

test("a coded error keeps its code, and what is no fault of the system is none", () => {
  const coded = new PhasegateError("ledger_unavailable", "the disk is full", {}, { cause: said("ENOSPC") });
  for (const error of [coded, said("ENOENT"), said("EAGAIN", { syscall: "read" }), said("toString"), "EMFILE", null]) {
    expect(systemFault(error)).toBeNull();
  }
});
