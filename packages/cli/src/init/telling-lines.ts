const most = 14;
/** The last lines that are shown beside errors: how it ended. */
const atEnd = 4;
const saysNothing = /^\s*$|^npm (?:error|ERR!)\s*$|^npm notice|A complete log of this run/;

/**
 * The lines of a failed installation that say why: those that call themselves errors, the first first, then how it
 * ended; without any, the last ones.
 */
export function tellingLines(output: string): readonly string[] {
  const lines = output.split("\n").filter((line) => !saysNothing.test(line));
  const end = lines.slice(-atEnd);
  const errors = lines.filter((line) => /\berror\b|\bERR!|\bERR_|\bfatal:/i.test(line)).slice(0, most - atEnd);
  if (errors.length === 0) return lines.slice(-most);
  return [...errors, ...end.filter((line) => !errors.includes(line))];
}
