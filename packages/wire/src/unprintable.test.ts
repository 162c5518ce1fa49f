import { expect, test } from "vitest";
import { replaceUnprintable } from "./unprintable.ts";

const shown = (text: string): string =>
  replaceUnprintable(text, (character) => `<${character.codePointAt(0)?.toString(16) ?? ""}>`);

test.each([
  ["a control (Cc)", "\u009b", "<9b>"],
  ["a soft hyphen (Cf)", "\u00ad", "<ad>"],
  ["a mark of direction (Cf)", "\u202e", "<202e>"],
  ["an isolate (Cf)", "\u2066", "<2066>"],
  ["a space of no width (Cf)", "\u200b", "<200b>"],
  ["a joiner (Cf)", "\u200d", "<200d>"],
  ["an interlinear annotation (Cf)", "\ufff9", "<fff9>"],
  ["a tag character (Cf)", "\u{e0041}", "<e0041>"],
  ["an unused tag character (Cn)", "\u{e0000}", "<e0000>"],
  ["half of a pair (Cs)", "\ud800", "<d800>"],
  ["a private character (Co)", "\ue000", "<e000>"],
  ["a noncharacter (Cn)", "\uffff", "<ffff>"],
  ["a line separator (Zl)", "\u2028", "<2028>"],
  ["a paragraph separator (Zp)", "\u2029", "<2029>"],
  ["a variation selector (ignorable mark)", "\ufe0f", "<fe0f>"],
  ["a supplementary variation selector (ignorable mark)", "\u{e0100}", "<e0100>"],
  ["a filler (ignorable letter)", "\u3164", "<3164>"],
  ["a grapheme joiner (ignorable mark)", "\u034f", "<34f>"],
])("%s is replaced", (_, character, expected) => {
  expect(shown(`a${character}b`)).toBe(`a${expected}b`);
});

test.each(["Grüße, 世界 🦊", "e\u0301té", "שלום עולם", "مرحبا", "हिन्दी", "a\u00a0b", "π ≈ 3,14 — ‘ja’"])(
  "`%s` is left as it is",
  (text) => {
    expect(shown(text)).toBe(text);
  },
);
