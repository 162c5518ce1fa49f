/**
 * By general category, so that no list has to be kept: controls, formats, surrogates, private and unassigned ones, line and
 * paragraph separators; and what is drawn as nothing though it counts as a letter, mark or symbol (variation selectors,
 * fillers, the blank of Braille).
 */
const unprintable = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]/gu;

/** Replaces every character that a reader cannot see, or that changes how others are shown. */
export function replaceUnprintable(text: string, replace: (character: string) => string): string {
  return text.replaceAll(unprintable, replace);
}
