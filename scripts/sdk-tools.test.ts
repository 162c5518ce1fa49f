import { expect, test } from "vitest";
import { workspaceTools } from "../packages/sdk/src/index.ts";
import { toolDefinitions } from "../packages/workflow/src/index.ts";

// The client may import nothing at run time, so it carries the tools' schemas itself.
test("the client offers every tool that has arguments, with the server's own schema", () => {
  const known = toolDefinitions
    .map(({ name, description, arguments: schema }) => ({ name, description, inputSchema: asJson(schema) }))
    .filter(({ inputSchema }) => Object.keys(inputSchema.properties ?? {}).length > 0);
  expect(workspaceTools).toEqual(known);
});

function asJson(schema: object): { properties?: object } {
  return JSON.parse(JSON.stringify(schema)) as { properties?: object };
}
