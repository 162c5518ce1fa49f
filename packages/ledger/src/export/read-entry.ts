import type { ExportEntry } from "./manifest.ts";

/** One line of an export, or null when it is none. */
export function readEntry(line: Buffer | string): ExportEntry | null {
  let value: unknown;
  try {
    value = JSON.parse(line.toString("utf8")) as unknown;
  } catch {
    return null;
  }
  const entry = value as Partial<ExportEntry> | null;
  const isEntry =
    typeof entry === "object" &&
    entry !== null &&
    Number.isSafeInteger(entry.position) &&
    Number.isSafeInteger(entry.version) &&
    [entry.id, entry.type, entry.subject, entry.time, entry.principal, entry.hash].every(
      (text) => typeof text === "string",
    ) &&
    typeof entry.data === "object" &&
    entry.data !== null;
  return isEntry ? (entry as ExportEntry) : null;
}
