import type { JsonObject, JsonValue } from "@phasegate/wire";

/** Names the files that a search passed over, so that nothing found in them is not taken for nothing there. */
export function notSearchedWarnings(result: JsonObject | null): string[] {
  const { not_searched: files, not_searched_total: total } = result ?? {};
  if (!Array.isArray(files) || typeof total !== "number") return [];
  const more = total > files.length ? `, and ${String(total - files.length)} more` : "";
  return [
    `not searched: ${files.map(nameOf).join(", ")}${more}; search them with a command, for instance \`grep\` through bash`,
  ];
}

function nameOf(entry: JsonValue): string {
  const { file, reason } = entry as { readonly file: string; readonly reason: string };
  return `\`${file}\` (${reason})`;
}
