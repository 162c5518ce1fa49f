import { Slices } from "@phasegate/ledger";
import { expect, test } from "vitest";
import { inSlices, jsonInSlices } from "./json-text.ts";

test.each([
  [{ entries: [{ a: 1, b: undefined }, null, undefined, "ä\u2028"], total: 2, next_cursor: null, left: undefined }],
  [{ entries: [] }],
  [{}],
  [[1, 2]],
  [null],
  ["text"],
  [{ total: 0, entries: [[], ["a"]], left: undefined }],
])("an answer in slices has the same text as in one piece: %j", async (body) => {
  expect(await textOf(body)).toBe(JSON.stringify(body));
});

test("a long answer is in pieces of some 32 kB, whole characters each", async () => {
  const entries = Array.from({ length: 1_000 }, (_, index) => `${index} ${"ä\u{1f600}".repeat(50)}`);
  const pieces = await jsonInSlices({ entries }, new Slices(() => false));
  expect(Math.max(...pieces.map((piece) => piece.toString().length))).toBeLessThan(33_000);
  expect(pieces.map((piece) => piece.toString()).join("")).toBe(JSON.stringify({ entries }));
  expect(pieces.length).toBeGreaterThan(4);
});

async function textOf(body: unknown): Promise<string> {
  const slices = new Slices(() => true);
  let text = "";
  for await (const piece of inSlices(await jsonInSlices(body, slices), slices)) text += piece.toString();
  return text;
}
