import { Slices } from "@phasegate/ledger";
import { expect, test } from "vitest";
import { jsonInSlices } from "./json-text.ts";

test.each([
  [{ entries: [{ a: 1, b: undefined }, null, undefined, "ä\u2028"], total: 2, next_cursor: null, left: undefined }],
  [{ entries: [] }],
  [{}],
  [[1, 2]],
  [null],
  ["text"],
])("an answer in slices has the same text as in one piece: %j", async (body) => {
  expect(await jsonInSlices(body, new Slices(() => true))).toBe(JSON.stringify(body));
});
