// Writes the pages of docs/reference that come from tables in the source. `--check` only says which are out of step.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./bootstrap/paths.mjs";
import { workflowFileSchema } from "../packages/workflow/src/index.ts";
import { checksPage } from "./reference/checks.ts";
import { configurationPage, configurationSchema, settingsTable } from "./reference/configuration.ts";
import { errorsPage } from "./reference/errors.ts";
import { eventsPage } from "./reference/events.ts";
import { metricsPage } from "./reference/metrics.ts";
import { olderFilesPage } from "./reference/older-files.ts";
import { withTable } from "./reference/markdown.ts";
import { toolsPage } from "./reference/tools.ts";
import { openApiPage } from "./reference/openapi.ts";

const pages: Readonly<Record<string, () => string | Promise<string>>> = {
  "docs/reference/agent_workflow.schema.json": () => `${JSON.stringify(workflowFileSchema, null, 2)}\n`,
  "docs/reference/checks.md": checksPage,
  "docs/reference/configuration.md": configurationPage,
  "docs/reference/errors.md": errorsPage,
  "docs/reference/events.md": eventsPage,
  "docs/reference/metrics.md": metricsPage,
  "docs/reference/older-files.md": olderFilesPage,
  "docs/reference/tools.md": toolsPage,
  "docs/reference/openapi.json": openApiPage,
  "docs/reference/phasegate.schema.json": configurationSchema,
  "docs/operations.md": () =>
    withTable(readFileSync(join(root, "docs/operations.md"), "utf8"), "settings", settingsTable()),
};

const checkOnly = process.argv.includes("--check");
for (const [file, write] of Object.entries(pages)) {
  const path = join(root, file);
  const page = await write();
  if (existsSync(path) && readFileSync(path, "utf8") === page) continue;
  if (checkOnly) {
    console.error(`${file} is out of step with the source; type: npm run docs`);
    process.exitCode = 1;
  } else {
    writeFileSync(path, page);
    console.log(`wrote ${file}`);
  }
}
