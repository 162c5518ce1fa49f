import { eventSchemas, eventTypes } from "../../packages/wire/src/index.ts";
import { cell, generatedNotice } from "./markdown.ts";

interface Schema {
  readonly type?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
}

/** One section an event: its members with their types. */
export function eventsPage(): string {
  const sections = eventTypes.map((type) => {
    const schema = eventSchemas[type] as Schema;
    const required = schema.required ?? [];
    const rows = Object.entries(schema.properties ?? {}).map(
      ([name, member]) => `| \`${name}\`${required.includes(name) ? "" : " (optional)"} | ${cell(shape(member))} |`,
    );
    return `## ${type}\n\n| member | type |\n|---|---|\n${rows.join("\n")}\n`;
  });
  return `# Events

${generatedNotice("packages/wire/src/events/schemas.ts")}

The ledger holds these events; \`GET /api/v1/events\` gives them as CloudEvents with the members below in \`data\`.
Digests are SHA-256; bodies of arguments, results and artifacts are payloads behind their digest.

${sections.join("\n")}`;
}

function shape(schema: Schema): string {
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``;
  if (schema.enum) return schema.enum.map((value) => `\`${JSON.stringify(value)}\``).join(", ");
  if (schema.anyOf) return schema.anyOf.map(shape).join(" or ");
  if (schema.type === "array") return `list of ${shape(schema.items ?? {})}`;
  if (schema.type === "object" && schema.properties) {
    return `{ ${Object.entries(schema.properties)
      .map(([name, member]) => `${name}: ${shape(member)}`)
      .join(", ")} }`;
  }
  return schema.type ?? "any JSON";
}
