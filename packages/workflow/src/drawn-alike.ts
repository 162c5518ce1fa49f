import unhomoglyph from "unhomoglyph";

/** Letters that a reader takes for a Latin one though Unicode's table of look-alikes keeps them apart. */
const takenFor: ReadonlyMap<string, string> = new Map([
  ..."вʙ".split("").map((letter) => [letter, "b"] as const),
  ..."ёᴇꞓ".split("").map((letter) => [letter, "e"] as const),
  ...Object.entries({ ᴀ: "a", ᴅ: "d", ʜ: "h", ї: "i", ᴊ: "j", ĸ: "k", ʟ: "l", ʍ: "m", ɴ: "n", π: "n", η: "n" }),
  ...Object.entries({ ᴘ: "p", ʀ: "r", ᴛ: "t", χ: "x", "\u0329": "" }),
]);

/**
 * How a reader takes a text: equal for two that look-alikes of letters and signs alone tell apart, in lower case. To be
 * compared with what went through it too: of Latin letters some have look-alikes among themselves, as `m` and `rn`.
 */
export function drawnAlike(text: string): string {
  const latin = unhomoglyph(text).toLowerCase();
  return unhomoglyph(latin.replaceAll(/./gu, (letter) => takenFor.get(letter) ?? letter)).toLowerCase();
}
