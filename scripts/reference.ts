// Writes the pages of docs/reference that come from tables in the source. `--check` only says which are out of step.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./bootstrap/paths.mjs";
import { errorsPage } from "./reference/errors.ts";
import { eventsPage } from "./reference/events.ts";

const pages: Readonly<Record<string, () => string>> = {
  "docs/reference/errors.md": errorsPage,
  "docs/reference/events.md": eventsPage,
};

const checkOnly = process.argv.includes("--check");
for (const [file, write] of Object.entries(pages)) {
  const path = join(root, file);
  const page = write();
  if (existsSync(path) && readFileSync(path, "utf8") === page) continue;
  if (checkOnly) {
    console.error(`${file} is out of step with the source; type: npm run docs`);
    process.exitCode = 1;
  } else {
    writeFileSync(path, page);
    console.log(`wrote ${file}`);
  }
}
