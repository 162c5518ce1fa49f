/** Text for one cell of a Markdown table. */
export function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("\n", " ");
}

/** Says where a page comes from. */
export function generatedNotice(source: string): string {
  return `Made from \`${source}\` by \`npm run docs\`; \`npm run check\` says when it is out of step.`;
}
