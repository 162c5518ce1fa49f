/** Variables and targets by which make itself goes another way. */
const ofMake =
  /^(?:SHELL|MAKEFLAGS|GNUMAKEFLAGS|MAKEFILES|VPATH|vpath|CURDIR|MAKE|export|unexport|-?include|sinclude|override|define|undefine|if\w+|else|endif|load)\b|^\.|%/;

/**
 * Whether a makefile does something else than before. All that stood there stays, in its order; lines may gain names of
 * `paths` and of what is built; comments, rules for new targets and variables that nothing used may come.
 */
export function makefileChanged(before: string, after: string, paths: ReadonlySet<string>): boolean {
  const [old, now] = [linesOf(before), linesOf(after)];
  const kept = new Set<number>();
  let next = 0;
  for (const line of old) {
    const place = now.findIndex((one, index) => index >= next && (one === line || isLonger(line, one, paths)));
    if (place === -1) return true;
    kept.add(place);
    next = place + 1;
  }
  let isOfNewRule = false;
  return now.some((line, index) => {
    if (line.startsWith("\t")) return isOfNewRule === kept.has(index);
    isOfNewRule = !kept.has(index) && isNewTarget(line, before, paths);
    return !kept.has(index) && !isOfNewRule && !isUnusedVariable(line, before);
  });
}

/** Lines that say something, with what they go on with in the next one. */
function linesOf(text: string): readonly string[] {
  const whole = text.replaceAll(/[ \t]*\\\r?\n[ \t]*/g, " ").split("\n");
  return whole.map((line) => line.trimEnd()).filter((line) => !/^\s*(?:#.*)?$/.test(line));
}

function isLonger(old: string, now: string, paths: ReadonlySet<string>): boolean {
  if (old.startsWith("\t") || !now.startsWith(`${old} `)) return false;
  const words = now.slice(old.length).trim().split(/\s+/);
  return words.every((word) => paths.has(word) || /^\w[\w./-]*\.(?:o|obj|lo)$/.test(word));
}

function isNewTarget(line: string, before: string, paths: ReadonlySet<string>): boolean {
  const [, target = "", needs = ""] = /^([\w./-]+)\s*:(?![:=])(.*)$/.exec(line) ?? [];
  if (target === "" || ofMake.test(target) || /[;=]/.test(needs)) return false;
  return !paths.has(target) && !before.split(/[\s:=()$]+/).includes(target);
}

function isUnusedVariable(line: string, before: string): boolean {
  const [, name = ""] = /^([A-Za-z_]\w*)\s*(?:::?|[?+])?=/.exec(line) ?? [];
  return name !== "" && !ofMake.test(name) && !new RegExp(`\\b${name}\\b`).test(before);
}
