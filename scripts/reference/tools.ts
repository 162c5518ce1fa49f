import { toolDefinitions, toolGroups } from "../../packages/workflow/src/index.ts";
import { cell, generatedNotice } from "./markdown.ts";
import { memberRows } from "./schema.ts";

/** A table of all tools and groups, then the arguments of each. */
export function toolsPage(): string {
  const rows = toolDefinitions.map((tool) => {
    const names = [tool.name, ...tool.aliases].map((name) => `\`${name}\``).join(", ");
    return `| ${names} | ${cell(tool.description)} | ${tool.effect} |`;
  });
  const groups = Object.entries(toolGroups).map(
    ([name, tools]) => `- \`${name}\`: ${tools.map((tool) => `\`${tool}\``).join(", ")}`,
  );
  const sections = toolDefinitions.flatMap((tool) => {
    const members = memberRows(tool.arguments);
    if (members.length === 0) return [];
    return [`## ${tool.name}\n\n| argument | value | |\n|---|---|---|\n${members.join("\n")}\n`];
  });
  return `# Tools

${generatedNotice("packages/workflow/src/tools")}

\`write\` tools take the workspace alone and their changes are judged; \`read\` tools share it; \`none\` has no executor in
this version: a workflow may list it, and a call answers \`tool_not_available\`.

| tool | what it does | effect |
|---|---|---|
${rows.join("\n")}

Groups, for \`tools\` of a phase:

${groups.join("\n")}

Arguments with \`?\` may be left out or null. Any other member is refused.

${sections.join("\n")}`;
}
