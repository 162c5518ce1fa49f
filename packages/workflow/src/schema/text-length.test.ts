import { Ajv2020 } from "ajv/dist/2020.js";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { countTextsCheaply } from "./text-length.ts";

const ways = [new Ajv2020(), countTextsCheaply(new Ajv2020())];
const validators = ["maxLength", "minLength"].flatMap((keyword) =>
  [0, 1, 2, 5].map((limit) => ways.map((ajv) => ajv.compile({ type: "string", [keyword]: limit }))),
);

test("texts are long and short as JSON Schema has it, and told in the same words", () => {
  const text = fc.string({ unit: fc.constantFrom("a", "é", "\u{1F512}", "\ud800", "\udc00"), maxLength: 12 });
  fc.assert(
    fc.property(text, (value) => {
      for (const pair of validators) {
        const [standard, cheap] = pair.map((validate) => (validate(value) ? null : validate.errors?.[0]?.message));
        expect(cheap).toBe(standard);
      }
    }),
  );
});
