import Table from "cli-table3";
import { printable, type Io } from "../io.ts";

/** Rows under their headings: a table on a terminal, tab-separated lines elsewhere. */
export function printTable(io: Io, headings: readonly string[], rows: readonly (readonly unknown[])[]): void {
  const cells = rows.map((row) => row.map(cellText));
  if (!io.isTerminal) {
    for (const row of [headings, ...cells]) io.out(row.map((cell) => cell.replaceAll(/\s+/g, " ")).join("\t"));
    return;
  }
  const table = new Table({
    head: [...headings],
    style: { head: io.useColour ? ["bold"] : [], border: [], compact: true },
    chars: { mid: "", "left-mid": "", "mid-mid": "", "right-mid": "" },
    wordWrap: true,
  });
  table.push(...cells);
  io.out(table.toString());
}

/** Names and values, one a line. */
export function printFields(io: Io, fields: readonly (readonly [string, unknown])[]): void {
  const width = Math.max(...fields.map(([name]) => name.length));
  for (const [name, value] of fields) io.out(`${name.padEnd(width)}  ${cellText(value)}`);
}

export function printJson(io: Io, value: unknown): void {
  io.out(JSON.stringify(value, null, 2));
}

function cellText(value: unknown): string {
  if (value === null || value === undefined || value === "") return "-";
  if (Array.isArray(value)) return value.length === 0 ? "-" : value.map(cellText).join(", ");
  if (typeof value === "string") return printable(value);
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  return printable(JSON.stringify(value));
}
