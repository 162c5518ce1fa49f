import picomatch from "picomatch";
import { RE2JS } from "re2js";
import { ToolRefusal } from "../outcome.ts";

/** What picomatch writes so that `*` is neither nothing, nor `.`, nor `..`: no path of a listing holds such a part. */
const lookaheads = [String.raw`(?!(?:^|\/)\.{1,2}(?:\/|$))`, String.raw`(?!\.{1,2}(?:\/|$))`, "(?=.)"];

/**
 * Answers whether paths without empty parts, `.` and `..` match a glob as picomatch reads it, files that begin with a
 * dot included, in time linear in their length. Throws ToolRefusal for what RE2 cannot tell: `!(..)`.
 */
export function compilePattern(pattern: string): (path: string) => boolean {
  let { source } = picomatch.makeRe(pattern, { dot: true, nonegate: true });
  for (const lookahead of lookaheads) source = source.replaceAll(lookahead, "");
  try {
    const expression = RE2JS.compile(source);
    return (path) => path === pattern || expression.matches(path);
  } catch {
    throw new ToolRefusal("tool_failed", "`pattern` is no glob that can be searched for in bounded time", {
      hint: "write it with `*`, `**`, `?`, `[..]` and `{a,b}`, without `!(..)`; call once for each part if it is long",
    });
  }
}
