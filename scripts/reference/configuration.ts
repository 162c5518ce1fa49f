import { ConfigSchema } from "../../packages/server/src/config/schema.ts";
import { type Setting, settings } from "../../packages/server/src/config/settings.ts";
import { cell, generatedNotice } from "./markdown.ts";

const source = "packages/server/src/config/schema.ts";

/** One row a setting, by section. */
export function configurationPage(): string {
  return `# Configuration

${generatedNotice(source)}

Read from \`phasegate.yaml\` in the working directory (or \`--config FILE\`), then from the environment, then from the
command line; the last one wins. An unknown key or an impossible value stops the start with key, source and range.
\`phasegate config show --sources\` prints what holds and where it came from. A change of a key of the effect \`runtime\`
holds as soon as \`phasegate config reload\`, SIGHUP or \`phasegate config set --server\` brought it; one of the effect
\`restart\` holds from the next start.

For completion in an editor, begin the file with

\`\`\`yaml
# yaml-language-server: $schema=./docs/reference/phasegate.schema.json
\`\`\`

${[...Map.groupBy(settings, ({ section }) => section)].map(sectionTable).join("\n")}`;
}

function sectionTable([section, members]: [string, readonly Setting[]]): string {
  const rows = members.map(
    ({ key, variable, default: value, allowed, effect, description }) =>
      `| \`${key}\` | ${cell(description)} | ${cell(allowed)} | \`${shown(value)}\` | ${effect} | \`${variable}\` |`,
  );
  const head = "| key | meaning | allowed | default | effect | variable |\n|---|---|---|---|---|---|";
  return `## ${section}\n\n${head}\n${rows.join("\n")}\n`;
}

/** Every key in one table, for the operator's page. */
export function settingsTable(): string {
  const rows = settings.map(
    ({ path, default: value, allowed, variable, effect }) =>
      `| \`${path}\` | \`${shown(value)}\` | ${cell(allowed)} | \`${variable}\` | ${effect} |`,
  );
  return `| key | default | range | variable | effect |\n|---|---|---|---|---|\n${rows.join("\n")}`;
}

function shown(value: unknown): string {
  return JSON.stringify(value ?? null);
}

/** JSON Schema of \`phasegate.yaml\`, with which editors complete and check. */
export function configurationSchema(): string {
  const { properties } = JSON.parse(JSON.stringify(ConfigSchema)) as { properties: Record<string, SectionSchema> };
  for (const { section, key, effect, variable, description } of settings) {
    const members = properties[section]?.properties ?? {};
    const { effect: _effect, ...member } = members[key] ?? {};
    const note = effect === "runtime" ? "A change holds at run time." : "A change holds from the next start.";
    members[key] = { ...member, description: `${description} ${note} Variable: ${variable}.` };
  }
  // Here everything may be left out; in the source, where defaults have been filled in, nothing is.
  for (const section of Object.values(properties)) delete section.required;
  const $schema = "https://json-schema.org/draft/2020-12/schema";
  const schema = { $schema, title: "phasegate.yaml", type: "object", properties, additionalProperties: false };
  return `${JSON.stringify(schema, null, 2)}\n`;
}

interface SectionSchema {
  readonly properties: Record<string, Record<string, unknown>>;
  required?: readonly string[];
}
