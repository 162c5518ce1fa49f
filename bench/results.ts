import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Row } from "./table.ts";

/** What one group of rows came to, with what the figures depend on. */
export interface GroupResult {
  readonly machine: string;
  readonly effort: object;
  readonly rows: readonly Row[];
}

export type Groups = Readonly<Record<string, GroupResult>>;

/**
 * Writes the groups that were measured into the file, each in the place of what it came to before; the other groups
 * of `known` stay as they are. So the file holds the whole table also where one group was measured again alone.
 */
export function keepResults(file: string, measured: Groups, known: readonly string[]): void {
  const before = readGroups(file);
  const groups: Record<string, GroupResult> = {};
  for (const name of known) {
    const result = measured[name] ?? before[name];
    if (result !== undefined) groups[name] = result;
  }
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify({ groups }, null, 2)}\n`);
}

/** None where the file is not there, or is not one of these. */
function readGroups(file: string): Groups {
  try {
    const read = JSON.parse(readFileSync(file, "utf8")) as { readonly groups?: Groups } | null;
    return read?.groups ?? {};
  } catch {
    return {};
  }
}
