import type { LoadedCode } from "./written-on-load.ts";

/** Change what a module or an object holds: the module itself, or what is named first. */
const ofItself = /(?<![.\w] )\b(?:globals \(|vars \( \))/;
const ofAnother = /(?<![.\w] )\b(?:setattr|delattr|vars) \( (?!\))([\p{L}_][\p{L}\p{N}_]*(?= [,)]))?/gu;
/** Change what others hold, whatever they are given. */
const everywhere =
  /(?<![.\w] )\b(?:exec|eval) \(|\b__dict__\b|\. __(?:set|del)(?:attr|item)__ \(|\b__code__ =|\bsys \. modules \[[^\]]*\] =|\bsys \. modules \. |\bimportlib \. reload \(|\bpatch (?:\. \w+ )?\(.*\) \. start \(/;
const assigned = /^(?:> )*([\p{L}_][\p{L}\p{N}_]*) ((?:\. \w+ |\[ .*?\] )+)(?::[^=]*)?[-+*/%&|^]?= /u;
const bound = /^(?:> )*global (.*)$/;
/** Each test, and each process that it starts, reads them for itself; and what only shapes messages. */
const harmless = /^\. (?:environ|maxDiff|dont_write_bytecode|_MAX_LENGTH)\b|\. (?:maxDiff|_MAX_LENGTH) $/;

/** Python. A line of its code begins with its depth. */
export const pythonLoading: LoadedCode = {
  given: new Set(["builtins", "unittest", "pytest"]),
  split(code) {
    const [loaded, called]: string[][] = [[], []];
    let inside = Number.POSITIVE_INFINITY;
    for (const line of code.split("\n")) {
      const depth = (/^(?:> )*/.exec(line)?.[0].length ?? 0) / 2;
      if (depth <= inside) inside = Number.POSITIVE_INFINITY;
      (depth > inside ? called : loaded)!.push(line);
      if (inside === Number.POSITIVE_INFINITY && /^(?:> )*(?:async )?def /.test(line)) inside = depth;
    }
    return { loaded: loaded!, called: called! };
  },
  hoists: () => false,
  handsOn: () => false,
  localNames: () => new Set(),
  writesTo(lines, { shared: names, made, isNewModule }) {
    return lines.some((line) => {
      if (everywhere.test(line) || (ofItself.test(line) && !isNewModule)) return true;
      if (line.matchAll(ofAnother).some(([, name = ""]) => !made.has(name))) return true;
      const [, root = "", members = ""] = assigned.exec(line) ?? [];
      if (names.has(root) && !harmless.test(members)) return true;
      if (line.matchAll(/([\p{L}_][\p{L}\p{N}_]*) :=/gu).some(([, name = ""]) => names.has(name))) return true;
      const globals = bound.exec(line)?.[1]?.split(" , ") ?? [];
      return globals.some((name) => names.has(name));
    });
  },
};
