import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { workflowFileSchema } from "./file-schema.ts";
import { newerKeys, olderKeys } from "./older-keys.ts";
import { presetNames, presetText } from "../presets/bundled.ts";

const reference = join(import.meta.dirname, "../../../../docs/reference");

describe("the published JSON Schema", () => {
  const published: unknown = JSON.parse(readFileSync(join(reference, "agent_workflow.schema.json"), "utf8"));

  it("is the one that the loader reads by (npm run docs)", () => {
    expect(published).toEqual(JSON.parse(JSON.stringify(workflowFileSchema)));
  });

  it("accepts what loads", () => {
    const validate = new Ajv2020({ strict: true, allowUnionTypes: true }).compile(published as object);
    const older = join(import.meta.dirname, "../../../../test/corpus/workflows/older/agent_workflow.yaml");
    for (const text of [readFileSync(older, "utf8"), ...presetNames.map((name) => presetText(name) ?? "")]) {
      validate(parse(text));
      expect(validate.errors).toBeNull();
    }
    expect(validate({ name: "x", phasez: [] })).toBe(false);
  });
});

describe("the keys of the older format", () => {
  it("are all in the reference, with their fate", () => {
    const page = readFileSync(join(reference, "older-files.md"), "utf8");
    const rows = [...page.matchAll(/^\| `([^`]+)` \| (honoured|mapped|no-effect) \|/gmu)].map(([, ...row]) => row);
    expect(rows).toEqual(olderKeys.map(({ key, fate }) => [key, fate]));
  });

  it("and the newer ones are all keys of the format", () => {
    const known = new Set(keysOf(JSON.parse(JSON.stringify(workflowFileSchema)) as Shape, ""));
    const named = [...olderKeys.map(({ key }) => key), ...newerKeys].map((key) => key.replace(/\.\*$/u, ""));
    expect(named.filter((key) => !known.has(key))).toEqual([]);
  });

  it("and the newer ones together are all keys of the top and of a phase", () => {
    const named = new Set([...olderKeys.map(({ key }) => key), ...newerKeys].flatMap((key) => prefixesOf(key)));
    const keys = keysOf(JSON.parse(JSON.stringify(workflowFileSchema)) as Shape, "");
    expect(keys.filter((key) => /^[^.]+$|^phases\[\]\.[^.]+$/u.test(key) && !named.has(key))).toEqual([]);
  });
});

interface Shape {
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly items?: Shape;
  readonly anyOf?: readonly Shape[];
}

function keysOf(shape: Shape, path: string): readonly string[] {
  const own = Object.entries(shape.properties ?? {}).flatMap(([key, below]) => {
    const name = path === "" ? key : `${path}.${key}`;
    return [name, ...keysOf(below, name)];
  });
  return [
    ...own,
    ...(shape.items ? keysOf(shape.items, `${path}[]`) : []),
    ...(shape.anyOf ?? []).flatMap((option) => keysOf(option, path)),
  ];
}

function prefixesOf(key: string): readonly string[] {
  const parts = key.split(".");
  return parts.flatMap((_, index) => {
    const prefix = parts.slice(0, index + 1).join(".");
    return [prefix, prefix.replace(/\[\]$/u, "")];
  });
}
