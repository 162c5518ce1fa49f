import { errorRegistry, reasonCodes } from "../../packages/wire/src/index.ts";
import { cell, generatedNotice } from "./markdown.ts";

/** One row a code, in the registry's order. */
export function errorsPage(): string {
  const rows = reasonCodes.map((code) => {
    const { status, title, retry, docs } = errorRegistry[code];
    return `| \`${code}\` | ${status} | ${cell(title)} | ${retry ? "yes" : "no"} | ${cell(docs)} |`;
  });
  return `# Errors

${generatedNotice("packages/wire/src/errors/registry.ts")}

Errors are problem documents (RFC 9457) with a \`code\` from this table. A denial also carries \`rule\` (\`file:line:column\`
of the workflow), \`hint\` and \`next\`. Status 200 marks a code that stands in a decision, not in a problem document.

| code | status | title | same request again? | when, and what to do |
|---|---|---|---|---|
${rows.join("\n")}
`;
}
