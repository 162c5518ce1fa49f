import { constants } from "node:fs";
import { open } from "node:fs/promises";
import path from "node:path";
import { ReportError } from "../reports/report-format.ts";

export const maxReportBytes = 16 * 1024 * 1024;

/**
 * The text of a file that a run left in its report directory; null when there is none. Only a regular file within
 * the bound, never through a link. Throws `ReportError` for anything else.
 */
export async function readReport(directory: string, name: string): Promise<string | null> {
  const file = await openQuietly(path.join(directory, name));
  if (file === null) return null;
  try {
    const stats = await file.stat();
    if (!stats.isFile()) throw new ReportError("the report is not a regular file");
    if (stats.size > maxReportBytes) throw new ReportError(`the report is larger than ${String(maxReportBytes)} bytes`);
    return new TextDecoder("utf-8", { fatal: true }).decode(await file.readFile());
  } catch (cause) {
    if (cause instanceof TypeError) throw new ReportError("the report is not UTF-8 text", { cause });
    throw cause;
  } finally {
    await file.close();
  }
}

async function openQuietly(file: string) {
  try {
    return await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return null;
    if (code === "ELOOP" || code === "ENXIO") throw new ReportError("the report is not a regular file");
    throw error;
  }
}
