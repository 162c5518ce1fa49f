import { settings } from "../../packages/server/src/config/index.ts";
import { cell, generatedNotice } from "./markdown.ts";

/** One row a setting, by section. */
export function configurationPage(): string {
  const sections = Map.groupBy(settings, ({ section }) => section);
  const tables = [...sections].map(([section, members]) => {
    const rows = members.map(
      ({ key, variable, default: value, allowed, description }) =>
        `| \`${key}\` | ${cell(description)} | ${cell(allowed)} | \`${JSON.stringify(value ?? null)}\` | \`${variable}\` |`,
    );
    return `## ${section}\n\n| key | meaning | allowed | default | variable |\n|---|---|---|---|---|\n${rows.join("\n")}\n`;
  });
  return `# Configuration

${generatedNotice("packages/server/src/config/schema.ts")}

Read from \`phasegate.yaml\` in the working directory (or \`--config FILE\`), then from the environment, then from the
command line; the last one wins. An unknown key or an impossible value stops the start with key, source and range.
\`phasegate config show --sources\` prints what holds and where it came from.

${tables.join("\n")}`;
}
