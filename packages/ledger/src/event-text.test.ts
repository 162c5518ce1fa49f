import { canonicalJson, hashEvent, type HashedEvent } from "@phasegate/wire";
import { assert, constant, jsonValue, oneof, property, record, string } from "fast-check";
import { expect, test } from "vitest";
import { hashEventText } from "./event-text.ts";

test("the hash of an event's text is the hash of the event", () => {
  const text = string({ unit: "binary" }).map((value) => value.toWellFormed());
  const anyEvent = record({
    id: text,
    stream: text,
    version: constant(7),
    type: text,
    at: text,
    principal: text,
    agent_id: oneof(constant(null), text),
    data: jsonValue().filter((value) => JSON.stringify(value).isWellFormed()),
    previous_hash: oneof(constant(null), text),
  });
  assert(
    property(anyEvent, (generated) => {
      const event = generated as unknown as HashedEvent;
      expect(hashEventText({ ...event, data: canonicalJson(event.data) })).toBe(hashEvent(event));
    }),
    { numRuns: 100 },
  );
});
