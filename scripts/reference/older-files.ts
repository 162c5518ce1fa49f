import { olderKeys } from "../../packages/workflow/src/index.ts";
import { cell, generatedNotice } from "./markdown.ts";

/** One row a key of the older file format. */
export function olderFilesPage(): string {
  const rows = olderKeys.map(({ key, fate, note }) => `| \`${key}\` | ${fate} | ${cell(note)} |`);
  return `# Older workflow files

${generatedNotice("packages/workflow/src/format/older-keys.ts")}

A file that uses only the keys below is read as an older one: facts that nothing gathers may come from the submitted
artifacts, and decisions so reached carry \`source: self_reported\`. Keys without effect are accepted with the warning
\`no-effect\`. In \`key\`, \`[]\` stands for each item of a list and \`*\` for everything below.

| key | fate | what it does, or why it does nothing |
|---|---|---|
${rows.join("\n")}
`;
}
