const npmError = /^npm (?:error|ERR!)(?:\s|$)/;

/** What an installer printed, without the pages of usage that npm puts behind its reason. */
export function withoutUsage(text: string): string {
  let inUsage = false;
  const lines = text.split("\n").filter((line) => {
    inUsage =
      npmError.test(line) && !line.includes("A complete log of this run") && (inUsage || / Usage:\s*$/.test(line));
    return !inUsage;
  });
  return lines.join("\n");
}
