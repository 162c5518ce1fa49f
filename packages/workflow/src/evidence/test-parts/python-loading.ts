import type { LoadedCode } from "./written-on-load.ts";

/** Change what a module holds, whatever they are given. */
const everywhere =
  /(?<![.\w] )\b(?:globals|setattr|delattr|vars|exec|eval) \(|\b__dict__\b|\b__code__ =|\bsys \. modules \[[^\]]*\] =|\bsys \. modules \. |\bimportlib \. reload \(|\bpatch (?:\. \w+ )?\(.*\) \. start \(/;
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
  writesTo(lines, names) {
    return lines.some((line) => {
      if (everywhere.test(line)) return true;
      const [, root = "", members = ""] = assigned.exec(line) ?? [];
      if (names.has(root) && !harmless.test(members)) return true;
      const globals = bound.exec(line)?.[1]?.split(" , ") ?? [];
      return globals.some((name) => names.has(name));
    });
  },
};
