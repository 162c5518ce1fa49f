import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { checkDefinitions, toolDefinitions } from "../../packages/workflow/src/index.ts";
import { checksPage } from "./checks.ts";
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
