/** What node's `spec` reporter printed for each file, just before the line that names it as failed. */
export function printedByFile(output: string): Map<string, string> {
  const printed = new Map<string, string>();
  let begin = 0;
  const lines = output.split("\n");
  for (const [index, line] of lines.entries()) {
    if (!/^[✖✔ℹ▶﹣] /.test(line)) continue;
    const name = /^✖ (.+) \([\d.]+ms\)$/.exec(line)?.[1];
    if (name !== undefined && index > begin && !printed.has(name)) {
      printed.set(name, lines.slice(begin, index).join("\n").trim());
    }
    begin = index + 1;
  }
  return printed;
}

const maxFailureLines = 40;

/** What that reporter printed last of a failure of this name; null when it named none. */
export function printedFailure(output: string, name: string): string | null {
  const begin = output.lastIndexOf(`✖ ${name} (`);
  if (begin < 0) return null;
  const lines = output.slice(begin).split("\n", maxFailureLines);
  const end = lines.findIndex((line, index) => index > 0 && (line === "" || line.startsWith("✖ ")));
  return lines
    .slice(1, end < 0 ? undefined : end)
    .join("\n")
    .trim();
}
