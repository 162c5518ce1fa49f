import type { ContentPair, LineCoverage, TreeChange } from "@phasegate/wire";

/** What a change keeps out of the coverage that is measured of it. */
export interface Uncounted {
  /** New comments that take lines out of it, as `file:line`. */
  readonly excluded: readonly string[];
  /** Changed files that it does not name, though it names others of their kind. */
  readonly unmeasured: readonly string[];
}

/** Comments by which node, V8, Istanbul, coverage.py, LCOV and the like are told to leave lines out. */
const directive =
  /\b(?:(?:node:coverage|c8|v8|istanbul)\s+(?:ignore|disable)\b|pragma:\s*no\s*cover|LCOV_EXCL_(?:START|LINE)|coverage:ignore|nocov\b|exclude_coverage)/;

/** Reads it off the changes since the base; what is a test file is counted by no one. */
export function uncounted(
  coverage: LineCoverage,
  source: {
    readonly changes: readonly TreeChange[];
    readonly contents: Readonly<Record<string, ContentPair>>;
    isTestFile(path: string): boolean;
  },
): Uncounted {
  const written = source.changes.filter(
    ({ kind, path, after }) => kind !== "deleted" && after?.type === "file" && !source.isTestFile(path),
  );
  const kinds = new Set(Object.keys(coverage.files).map(extensionOf));
  return {
    excluded: written.flatMap(({ path }) =>
      Object.hasOwn(source.contents, path) ? newDirectives(path, source.contents[path]!) : [],
    ),
    unmeasured: written
      .map(({ path }) => path)
      .filter((path) => !Object.hasOwn(coverage.files, path) && kinds.has(extensionOf(path))),
  };
}

function newDirectives(path: string, { before, after }: ContentPair): readonly string[] {
  const known = new Set((before ?? "").split("\n"));
  return (after ?? "")
    .split("\n")
    .flatMap((line, index) => (directive.test(line) && !known.has(line) ? [`${path}:${String(index + 1)}`] : []));
}

function extensionOf(path: string): string {
  const name = path.slice(path.lastIndexOf("/") + 1);
  return name.slice(name.lastIndexOf(".") + 1);
}
