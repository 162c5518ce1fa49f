import type { EvidenceSubject } from "./subject.ts";

/** A changed test file as it is now; its text is null where it was not read. */
export interface ChangedTestFile {
  readonly path: string;
  readonly text: string | null;
}

/** Test files that are new or changed since the base, with what they hold now. */
export function changedTestFiles(subject: EvidenceSubject): readonly ChangedTestFile[] {
  const { changes = [], contents = {} } = subject.facts.tree?.differences[subject.baseTree] ?? {};
  return changes
    .filter(({ kind, path }) => kind !== "deleted" && subject.isTestFile(path))
    .map(({ path }) => ({ path, text: contents[path]?.after ?? null }));
}

/**
 * The files that a test without a file may be in, by what they are called or by what stands in them: those that its
 * suites name, else those whose text holds its name. Empty where nothing tells.
 */
export function placesOf(identity: string, files: readonly ChangedTestFile[]): readonly string[] {
  const parts = identity.split(" > ");
  const words = new Set(parts.flatMap((part) => [part, ...part.split(/[.$:/]+/)]));
  const bySuite = files.filter(({ path }) => parts.includes(path) || words.has(stemOf(path)));
  if (bySuite.length > 0) return bySuite.map(({ path }) => path);
  const name = (parts.at(-1) ?? "").replace(/[[(].*$/s, "").trim();
  const named = new RegExp(String.raw`(?<!\w)${name.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`)}(?!\w)`);
  const byText = name === "" ? [] : files.filter(({ text }) => text === null || named.test(text));
  return byText.map(({ path }) => path);
}

/** The name of a file without its last ending. */
export function stemOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1).replace(/\.\w+$/, "");
}
