import type { ContentPair } from "@phasegate/wire";
import { measuredKind } from "./code-lines.ts";
import { rewrittenParts, testPartsOf } from "./rewritten-parts.ts";
import { patternOfName } from "./rewritten-tests.ts";
import type { Part } from "./test-parts/part.ts";

/**
 * Whether a test says word for word what it says on the base, and so does all that stands beside it in its file but
 * other tests. False where that cannot be told: for a test without a file, of another language than JavaScript and
 * Python, whose name no text holds, or whose texts were not read.
 */
export function isUntouchedTest(identity: string, file: string | null, texts: ContentPair | undefined): boolean {
  if (file === null || !/^(?:js|py)$/.test(measuredKind(file))) return false;
  if (texts === undefined || texts.before === null || texts.after === null) return false;
  const [old, now] = [testPartsOf(file, texts.before), testPartsOf(file, texts.after)];
  const [before, after] = [testsNamed(old.parts, identity), testsNamed(now.parts, identity)];
  if (before.length === 0 || before.join("\n") !== after.join("\n")) return false;
  const bound = new Set(now.parts.flatMap(({ binds }) => binds));
  const kept = new Set(now.parts.map(keyOf));
  // An import of what nothing names any more is nobody's; a longer list of cases may be this test's.
  const isKept = (part: Part): boolean =>
    part.kind === "test" ||
    kept.has(keyOf(part)) ||
    (part.kind === "import" && !part.binds.some((name) => bound.has(name)));
  return old.parts.every(isKept) && rewrittenParts(file, texts.before, texts.after).beside.length === 0;
}

/** Whether a test file says word for word what it says on the base, whatever its format. False where that cannot be told. */
export function isUntouchedFile(file: string, texts: ContentPair | undefined): boolean {
  if (!/^(?:js|py)$/.test(measuredKind(file))) return false;
  if (texts === undefined || texts.before === null || texts.after === null) return false;
  const codesOf = (text: string): string => testPartsOf(file, text).parts.map(keyOf).join("\n");
  return (
    codesOf(texts.before) === codesOf(texts.after) &&
    rewrittenParts(file, texts.before, texts.after).beside.length === 0
  );
}

/** The codes of tests that a run may call so; all of them count, since a name may leave places open. */
function testsNamed(parts: readonly Part[], identity: string): readonly string[] {
  const own = identity.split(" > ").at(-1) ?? "";
  const tests = parts.filter(({ kind, name }) => {
    const last = name.split(" > ").at(-1) ?? "";
    return kind === "test" && [last, ...last.split(", ")].some((one) => patternOfName(one).test(own));
  });
  return tests.map(keyOf).toSorted();
}

function keyOf({ kind, code, suites }: Part): string {
  return JSON.stringify([kind, code, suites]);
}
