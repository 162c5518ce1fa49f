import { describe, expect, it } from "vitest";
import type { JsonValue } from "@phasegate/wire";
import { compileArtifactSchema } from "./artifact-schema.ts";

function placesIn(schema: JsonValue, data: JsonValue): readonly unknown[] {
  const outcome = compileArtifactSchema(schema);
  if (!outcome.ok) throw new Error(outcome.message);
  return outcome.validate(data);
}

describe("an artifact's schema", () => {
  it("names every place that does not fit", () => {
    const schema = {
      type: "object",
      required: ["title"],
      properties: { steps: { type: "array", items: { type: "string" } }, at: { type: "string", format: "date-time" } },
    };
    expect(placesIn(schema, { steps: ["a", 1], at: "yesterday" })).toEqual([
      { place: "", message: "`title` is missing" },
      { place: "/steps/1", message: "must be `string`" },
      { place: "/at", message: 'must match format "date-time"' },
    ]);
    expect(placesIn(schema, { title: "x", at: "2026-01-01T00:00:00Z" })).toEqual([]);
  });

  it("may be written in draft 7 if it says so", () => {
    const schema = {
      $schema: "http://json-schema.org/draft-07/schema#",
      items: [{ type: "string" }, { type: "number" }],
    };
    expect(placesIn(schema, ["a", "b"])).toEqual([{ place: "/1", message: "must be `number`" }]);
  });

  it.each([
    ["an unknown keyword", { propertis: {} }],
    ["an unknown format", { type: "string", format: "shoe-size" }],
    ["a reference to elsewhere", { $ref: "https://example.com/schema.json" }],
    ["another schema language", { $schema: "http://json-schema.org/draft-04/schema#" }],
    ["something that is no map", true],
  ])("does not hold with %s", (_, schema) => {
    expect(compileArtifactSchema(schema).ok).toBe(false);
  });

  it("cannot stand in for another schema or the meta-schema by the names that it declares", () => {
    const metaSchema = "https://json-schema.org/draft/2020-12/schema";
    compileArtifactSchema({ $id: metaSchema, type: "string" });
    compileArtifactSchema({ $defs: { any: { $id: "https://example.com/plan", type: "number" } } });
    expect(compileArtifactSchema({ $ref: "https://example.com/plan" }).ok).toBe(false);
    expect(placesIn({ type: "object" }, 1)).toHaveLength(1);
  });
});
