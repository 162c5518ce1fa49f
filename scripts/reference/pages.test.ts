import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, test } from "vitest";
import { checkDefinitions, toolDefinitions } from "../../packages/workflow/src/index.ts";
import { settings } from "../../packages/server/src/config/settings.ts";
import { checksPage } from "./checks.ts";
import { configurationPage, configurationSchema, settingsTable } from "./configuration.ts";
import { withTable } from "./markdown.ts";
import { toolsPage } from "./tools.ts";

const page = (name: string) => readFileSync(new URL(`../../docs/reference/${name}`, import.meta.url), "utf8");

test("the pages of checks and tools are in step with the registries", () => {
  expect(page("checks.md")).toBe(checksPage());
  expect(page("tools.md")).toBe(toolsPage());
});

test("every check and tool is on its page", () => {
  const checks = page("checks.md");
  const tools = page("tools.md");
  expect(checkDefinitions.filter(({ name }) => !checks.includes(`| \`${name}\``))).toEqual([]);
  expect(toolDefinitions.filter(({ name }) => !tools.includes(`| \`${name}\``))).toEqual([]);
});

test("every setting is on the configuration page, in the editors' schema and on the operators' page", () => {
  const configuration = page("configuration.md");
  const operations = page("../operations.md");
  expect(configuration).toBe(configurationPage());
  expect(page("phasegate.schema.json")).toBe(configurationSchema());
  expect(withTable(operations, "settings", settingsTable())).toBe(operations);
  expect(
    settings.filter(({ variable, path }) => !configuration.includes(variable) || !operations.includes(path)),
  ).toEqual([]);
});

test("the editors' schema takes a good file and refuses an unknown key and a value out of range", () => {
  const { $schema: _draft, ...schema } = JSON.parse(configurationSchema()) as Record<string, unknown>;
  const accepts = new Ajv2020({ strict: true, allowUnionTypes: true }).compile(schema);
  expect(accepts({ server: { port: 9000 }, tasks: { lease_seconds: 60 } })).toBe(true);
  expect(accepts({ server: { prot: 9000 } })).toBe(false);
  expect(accepts({ server: { port: 70_000 } })).toBe(false);
});
