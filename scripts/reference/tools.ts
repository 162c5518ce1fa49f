import { toolDefinitions, toolGroups } from "../../packages/workflow/src/index.ts";
import { cell, generatedNotice } from "./markdown.ts";

interface ArgumentSchema {
  readonly properties?: Readonly<Record<string, { readonly description?: string }>>;
  readonly required?: readonly string[];
}

/** One row a tool. */
export function toolsPage(): string {
  const rows = toolDefinitions.map((tool) => {
    const { properties = {}, required = [] } = tool.arguments as ArgumentSchema;
    const names = [tool.name, ...tool.aliases].map((name) => `\`${name}\``).join(", ");
    const args = Object.keys(properties).map((name) => `\`${name}${required.includes(name) ? "" : "?"}\``);
    return `| ${names} | ${cell(tool.description)} | ${args.join(", ")} | ${tool.effect} |`;
  });
  const groups = Object.entries(toolGroups).map(
    ([name, tools]) => `- \`${name}\`: ${tools.map((tool) => `\`${tool}\``).join(", ")}`,
  );
  return `# Tools

${generatedNotice("packages/workflow/src/tools")}

\`write\` tools take the workspace alone and their changes are judged; \`read\` tools share it; \`none\` has no executor in
this version: a workflow may list it, and a call answers \`tool_not_available\`.

| tool | what it does | arguments | effect |
|---|---|---|---|
${rows.join("\n")}

Groups, for \`tools\` of a phase:

${groups.join("\n")}
`;
}
