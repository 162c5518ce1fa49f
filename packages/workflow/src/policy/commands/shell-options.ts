import type { ShellWord } from "./words.ts";

/** True for a word of `set` or `shopt` after which bash reads commands in another way: history, `-k`, an unknown one. */
export function changesReading(
  { value, source, splits }: ShellWord,
  index: number,
  words: readonly ShellWord[],
): boolean {
  if (words.slice(0, index).some((word) => word.value === "--")) return false;
  if (value === null) return splits || /^["']*[-+]/u.test(source);
  return /^-[A-Za-z]*[kH]/u.test(value) || /^(?:keyword|histexpand|history)$/u.test(value);
}
