import { replaceUnprintable } from "@phasegate/wire";

/** A value from outside in back-ticks: on one line, without control characters, at most `limit` characters. */
export function quote(value: string, limit = 200): string {
  const shown = value.length > limit ? `${value.slice(0, limit)}...` : value;
  return `\`${replaceUnprintable(shown.replaceAll("`", "'"), escapeCharacter)}\``;
}

/** At most `limit` values in back-ticks, and how many more there are. */
export function quoteList(values: readonly string[], limit = 8): string {
  const shown = values.slice(0, limit).map((value) => quote(value));
  const more = values.length - shown.length;
  return more > 0 ? `${shown.join(", ")} and ${more} more` : shown.join(", ");
}

function escapeCharacter(character: string): string {
  if (character === "\n") return String.raw`\n`;
  if (character === "\t") return String.raw`\t`;
  return String.raw`\u` + character.codePointAt(0)!.toString(16).padStart(4, "0");
}
