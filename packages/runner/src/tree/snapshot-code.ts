import { compileFunction } from "node:vm";
import { isPlainSnapshot } from "@phasegate/workflow";

/** Bytes of a snapshot file that are looked at. */
export const maxSnapshotBytes = 4 * 1024 * 1024;

/**
 * What a snapshot file does beside storing values; null where it does nothing, as also where it is no program at all:
 * other tools give their own formats that name.
 */
export function snapshotCode(bytes: Buffer): string | null {
  if (bytes.length > maxSnapshotBytes) {
    return `a snapshot of more than ${String(maxSnapshotBytes / 1024 / 1024)} MiB, in which code would run`;
  }
  const text = bytes.toString("utf8");
  if (isPlainSnapshot(text) || !isProgram(text)) return null;
  return "a snapshot that does more than store values: test runners run it as code";
}

/** Compiled as test runners do, and never run. Fails for what is deeper than the compiler goes, where theirs may go on. */
function isProgram(text: string): boolean {
  try {
    compileFunction(text, ["exports"]);
    return true;
  } catch (error) {
    return !(error instanceof SyntaxError);
  }
}
