import Table from "cli-table3";
import { replaceUnprintable } from "@phasegate/wire/core";
import { printable, type Io } from "../io.ts";

/** Rows under their headings: a table on a terminal, tab-separated lines elsewhere. */
export function printTable(io: Io, headings: readonly string[], rows: readonly (readonly unknown[])[]): void {
  if (!io.isTerminal) {
    for (const row of [headings, ...rows]) io.out(tabbed(row));
    return;
  }
  const cells = rows.map((row) => row.map(cellText));
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
  io.out(printableJson(value, 2));
}

/** JSON in which what could steer a terminal is escaped, and means the same. */
export function printableJson(value: unknown, space?: number): string {
  // A line end of the text itself is escaped by now.
  return replaceUnprintable(JSON.stringify(value, null, space), (character) =>
    character === "\n"
      ? character
      : Array.from(
          { length: character.length },
          (_, unit) => `\\u${character.charCodeAt(unit).toString(16).padStart(4, "0")}`,
        ).join(""),
  );
}

/** Cells of one line, parted by tabs: no cell adds one, nor a line. */
export function tabbed(cells: readonly unknown[]): string {
  return cells.map((cell) => cellText(cell).replaceAll(/\s+/g, " ")).join("\t");
}

function cellText(value: unknown): string {
  if (value === null || value === undefined || value === "") return "-";
  if (Array.isArray(value)) return value.length === 0 ? "-" : value.map(cellText).join(", ");
  if (typeof value === "string") return printable(value);
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  return printable(JSON.stringify(value));
}
