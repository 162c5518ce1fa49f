/** Text for one cell of a Markdown table. */
export function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("\n", " ");
}

/** Says where a page comes from. */
export function generatedNotice(source: string): string {
  return `Made from \`${source}\` by \`npm run docs\`; \`npm run check\` says when it is out of step.`;
}

/** The page with the table between the marks of this name replaced; throws when the page has no such marks. */
export function withTable(page: string, name: string, table: string): string {
  const begin = `<!-- ${name}: made by npm run docs -->`;
  const end = `<!-- end of ${name} -->`;
  const [before, rest] = page.split(begin);
  const after = rest?.split(end)[1];
  if (after === undefined) throw new Error(`the page has no table between the marks of \`${name}\``);
  return `${before}${begin}\n\n${table}\n\n${end}${after}`;
}
