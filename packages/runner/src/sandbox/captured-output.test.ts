import * as fc from "fast-check";
import { expect, test } from "vitest";
import { OutputCapture } from "./captured-output.ts";

test("output within the limit is kept whole", () => {
  const capture = new OutputCapture(10);
  for (const text of ["abc", "def", "ghij"]) capture.push(Buffer.from(text));
  expect(capture.finish()).toEqual({ text: "abcdefghij", truncated: false });
});

test("past the limit the first and the last half stay, and a line says how much is missing", () => {
  const capture = new OutputCapture(8);
  for (const text of ["ab", "cdefgh", "ijklmn", "op"]) capture.push(Buffer.from(text));
  expect(capture.finish()).toEqual({ text: "abcd\n[... 8 bytes left out ...]\nmnop", truncated: true });
});

test("one chunk larger than the limit is cut in the same way", () => {
  const capture = new OutputCapture(4);
  capture.push(Buffer.from("0123456789"));
  expect(capture.finish()).toEqual({ text: "01\n[... 6 bytes left out ...]\n89", truncated: true });
});

test("a character that two chunks share is not broken", () => {
  const capture = new OutputCapture(100);
  const bytes = Buffer.from("größe");
  capture.push(bytes.subarray(0, 3));
  capture.push(bytes.subarray(3));
  expect(capture.finish().text).toBe("größe");
});

test("bytes that are no UTF-8 are replaced", () => {
  const capture = new OutputCapture(100);
  capture.push(Buffer.from([0x61, 0xff, 0x62]));
  expect(capture.finish().text).toBe("a\uFFFDb");
});

test("whatever the pieces, the first and the last half of all that passed are kept", () => {
  const pieces = fc.array(fc.string({ unit: "grapheme-ascii", maxLength: 40 }), { maxLength: 20 });
  fc.assert(
    fc.property(pieces, fc.integer({ min: 2, max: 40 }), (texts, limit) => {
      const capture = new OutputCapture(limit);
      for (const text of texts) capture.push(Buffer.from(text));
      const whole = texts.join("");
      const { text, truncated } = capture.finish();
      expect(truncated).toBe(whole.length > limit);
      expect(text.startsWith(whole.slice(0, Math.ceil(limit / 2)))).toBe(true);
      expect(text.endsWith(whole.slice(-Math.floor(limit / 2)))).toBe(true);
      if (!truncated) expect(text).toBe(whole);
    }),
  );
});
