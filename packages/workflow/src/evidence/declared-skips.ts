/** How test frameworks leave a test out: by a decorator, an option, a call or a name. */
const skips =
  /\.(?:skip|todo|skipIf|skipif|runIf|skipUnless|skipTest|xfail|importorskip|Skip|Skipf|SkipNow)\b|\bskip\s*[:=]|\btodo\s*:\s*(?:true|["'`])|@skip|\bskip(?:If|Unless|Test)?\(|\bexpectedFailure\b|\bx(?:it|test|describe)\(|@(?:Disabled|Ignore)|#\[ignore/;

/**
 * Whether the text of a test file itself says that this test is left out: on the line of its name or of one of its
 * suites, in the decorators above that line, or in the first lines of what belongs to it. A test that the text does not
 * name so can only be skipped by what it uses.
 */
export function declaresSkip(text: string, identity: string, file: string): boolean {
  if (text === "") return false;
  const lines = text.split("\n");
  const names = identity
    .split(" > ")
    .filter((part) => part !== file)
    .map((part) => part.replace(/\[.*\]$/s, "").trim());
  return names.some((name, index) => {
    const isTest = index === names.length - 1;
    return name !== "" && skipsByName(lines, name, isTest ? maxLinesOfBody : 0);
  });
}

/** Numbers of the lines that leave a test out. */
export function linesThatSkip(text: string): readonly number[] {
  return text.split("\n").flatMap((line, index) => (skips.test(line) ? [index + 1] : []));
}

/** The name counts as a literal or as that of a function or class, never as a part of a longer one. */
function skipsByName(lines: readonly string[], name: string, linesOfBody: number): boolean {
  const named = new RegExp(String.raw`(?<!\w)${name.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`)}(?!\w)`);
  return lines.some((line, at) => {
    if (!named.test(line)) return false;
    if (skips.test(line.replace(named, ""))) return true;
    for (let above = at - 1; above >= 0 && isOfDecorator(lines[above] ?? "", line); above -= 1) {
      if (skips.test(lines[above] ?? "")) return true;
    }
    const first = lines.slice(at + 1, at + 1 + linesOfBody);
    const end = first.findIndex((inner) => inner.trim() !== "" && !belongsTo(inner, line));
    return (end === -1 ? first : first.slice(0, end)).some((inner) => skips.test(inner));
  });
}

/** Lines of a test's own in which a call that skips it may stand. */
const maxLinesOfBody = 3;

function isOfDecorator(above: string, line: string): boolean {
  if (above.trim() === "") return false;
  return /^\s*(?:@|#\[|\)$)/.test(above) || indent(above) > indent(line);
}

/** What is written further in; or the options of a call of which each argument has its line. */
function belongsTo(inner: string, line: string): boolean {
  return indent(inner) > indent(line) || (indent(inner) === indent(line) && inner.trimStart().startsWith("{"));
}

function indent(line: string): number {
  return line.length - line.trimStart().length;
}
