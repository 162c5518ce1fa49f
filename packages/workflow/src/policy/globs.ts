import picomatch from "picomatch/posix.js";

/** Longest glob, in characters. */
const maxGlobLength = 4096;

export type PathMatcher = (path: string) => boolean;

/**
 * A matcher of relative, normalised paths for a list of globs: hidden files included, no negation, `dir/` means all
 * below it. Composed and decomposed Unicode forms of a path are the same; letter case is not, unless asked.
 */
export function compileGlobs(globs: readonly string[], options: { anyCase?: boolean } = {}): PathMatcher {
  const matchers = globs.map((glob) => compileGlob(glob, options.anyCase ?? false));
  return (path) => {
    const composed = path.normalize("NFC");
    return matchers.some((matches) => matches(composed));
  };
}

function compileGlob(glob: string, anyCase: boolean): PathMatcher {
  const whole = glob.endsWith("/") ? `${glob}**` : glob;
  // Flag `s`: without it `src/**` does not match a path that has a line break in it.
  const matches = picomatch(whole.normalize("NFC"), {
    dot: true,
    nonegate: true,
    flags: anyCase ? "si" : "s",
    maxLength: maxGlobLength,
  });
  return (path) => matches(path);
}

/** True for a path as the policies take it: relative, `/` between components, without `.`, `..`, NUL or empty ones. */
export function isNormalizedPath(path: string): boolean {
  if (path === "" || path.length > 4096 || path.includes("\0") || !path.isWellFormed()) return false;
  return path.split("/").every((component) => component !== "" && component !== "." && component !== "..");
}
