/** How test frameworks leave a test out: by a decorator, an option, a call or a name. */
const skips =
  /\.(?:skip|todo|skipIf|skipif|runIf|skipUnless|skipTest|xfail|importorskip|Skip|Skipf|SkipNow)\b|\bskip\s*[:=]|\btodo\s*:\s*(?:true|["'`])|@skip|\bskip(?:If|Unless|Test)?\(|\bexpectedFailure\b|\bx(?:it|test|describe)\(|@(?:Disabled|Ignore)|#\[ignore/;

/** Conditions of a skip: of an option, or the first argument of a call. */
const conditions = [
  /@(?:Enabled|Disabled)OnOs\(([^)\n]+)/g,
  /\bskip\s*[:=]\s*([^,}\n]+)/g,
  /\b(?:skipIf|skipif|skipUnless|runIf)\(\s*([^,\n]+)/g,
];
const quotedText = /"[^"\n]*"|'[^'\n]*'|`[^`\n]*`/g;
const ofPlatform = new Set(
  "process platform arch version versions node sys os name startswith startsWith includes version_info not and or in OS WINDOWS MAC LINUX value".split(
    " ",
  ),
);
/** A branch of a shell, Perl, Go and the like, and the words of one that asks for nothing but the platform. */
const branch = /^\s*(?:if|elif|elsif|unless|case)\b(.*)$/;
const ofBranch = new Set(
  "uname s m runtime GOOS GOARCH OSTYPE O osname then in ne eq and or not test Linux Darwin linux darwin windows cygwin msys".split(
    " ",
  ),
);

/**
 * Whether the text of a test file itself says that this test is left out on some platforms: on the line of its name or
 * of one of its suites, or in the decorators above that line, by a condition that names nothing but the platform. What
 * depends on anything else may depend on the implementation.
 */
export function declaresPlatformSkip(text: string, identity: string, file: string): boolean {
  if (text === "") return false;
  const lines = text.split("\n");
  const names = identity
    .split(" > ")
    .filter((part) => part !== file)
    .map((part) => part.replace(/\[.*\]$/s, "").trim());
  return names.some((name) => name !== "" && skipsByName(lines, name));
}

/** Every condition of a skip on the line, and there is one, asks for nothing but the platform. */
function asksForPlatform(line: string): boolean {
  const found = conditions.flatMap((condition) => [...line.matchAll(condition)].map(([, asked = ""]) => asked));
  return (
    found.length > 0 &&
    found.every((asked) => {
      const names = asked.replaceAll(quotedText, "").match(/[\p{L}_$][\p{L}\p{N}_$]*/gu) ?? [];
      return names.length > 0 && names.every((name) => ofPlatform.has(name));
    })
  );
}

/** Numbers of the lines that leave a test out. */
export function linesThatSkip(text: string): readonly number[] {
  return text.split("\n").flatMap((line, index) => (skips.test(line) ? [index + 1] : []));
}

/** The name counts as a literal or as that of a function or class, never as a part of a longer one. */
function skipsByName(lines: readonly string[], name: string): boolean {
  const named = new RegExp(String.raw`(?<!\w)${name.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`)}(?!\w)`);
  return lines.some((line, at) => {
    if (!named.test(line)) return false;
    if (asksForPlatform(line.replace(named, ""))) return true;
    let start = at;
    while (start > 0 && isOfDecorator(lines[start - 1] ?? "", line)) start -= 1;
    return asksForPlatform(lines.slice(start, at).join(" ")) || isSkippedInBranch(lines, at);
  });
}

/** Skipped in the branch that it stands in, or by one that its body begins with. */
function isSkippedInBranch(lines: readonly string[], at: number): boolean {
  const line = lines[at] ?? "";
  const isSkip = (text: string): boolean => skips.test(text) || /# ?skip\b/i.test(text);
  const above = lines
    .slice(Math.max(0, at - 20), at)
    .findLast((one) => one.trim() !== "" && indent(one) < indent(line));
  if (isSkip(line)) return above !== undefined && branchesByPlatform(above);
  const [first = "", second = ""] = lines.slice(at + 1, at + 3);
  return branchesByPlatform(first) && isSkip(second);
}

function branchesByPlatform(line: string): boolean {
  const asked = branch.exec(line)?.[1];
  const words = asked?.replaceAll(/"(?!\$)[^"\n]*"|'[^'\n]*'/g, "").match(/[\p{L}_][\p{L}\p{N}_]*/gu) ?? [];
  return words.length > 0 && words.every((word) => ofBranch.has(word));
}

function isOfDecorator(above: string, line: string): boolean {
  if (above.trim() === "") return false;
  return /^\s*(?:@|#\[|\)$)/.test(above) || indent(above) > indent(line);
}

function indent(line: string): number {
  return line.length - line.trimStart().length;
}
