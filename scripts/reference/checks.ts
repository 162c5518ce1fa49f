import { checkDefinitions, isImplemented } from "../../packages/workflow/src/index.ts";
import { cell, generatedNotice } from "./markdown.ts";

/** One row a check, by name. */
export function checksPage(): string {
  const rows = [...checkDefinitions]
    .toSorted((left, right) => left.name.localeCompare(right.name, "en"))
    .map((check) => {
      const name = [check.name, ...check.aliases].map((each) => `\`${each}\``).join(", ");
      const blocking = check.warningOnly ? "warns at most" : "yes";
      const state = isImplemented(check) ? "yes" : check.selfReportable ? "with `evidence: self_reported`" : "no";
      return `| ${name} | ${cell(check.passesWhen)} | ${check.source} | ${blocking} | ${state} |`;
    });
  return `# Checks

${generatedNotice("packages/workflow/src/checks")}

A gate names checks. Facts come from the tree, the ledger, artifacts, or evidence that the runner gathered. A workflow
that uses a check whose facts this version cannot gather does not load (\`check_not_implemented\`); where the last column
says so, it may take them from the agent's artifact instead, and every answer then carries \`source: self_reported\`.

| check | passes when | facts from | can block | available |
|---|---|---|---|---|
${rows.join("\n")}
`;
}
