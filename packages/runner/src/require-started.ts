import type { ChildProcess } from "node:child_process";

/**
 * Throws EMFILE for a process that could not be started for want of file descriptors. Node makes no pipes then and says
 * why only later, by an event that would end the server if nobody listened.
 */
export function requireStarted(child: ChildProcess): void {
  if ((child.stdio as unknown) !== undefined) return;
  child.on("error", () => undefined);
  throw Object.assign(new Error("no process could be started: no file descriptors are left"), { code: "EMFILE" });
}
