import type { Facts, JsonValue } from "@phasegate/wire";
import { fieldValues, isObject } from "../checks/artifact-fields.ts";
import { listed } from "../checks/outcome.ts";

/** The artifact that names tests which are gone on purpose. */
export const removedTestsArtifact = "removed_tests";

const identityFields = ["identity", "test", "name", "id", "old_identity", "from"];

/** Bounds of the entries that a hint writes out. */
const [maxEntries, maxLength] = [1_000, 32_768];

/**
 * Whether the artifact `removed_tests` (or the field of that name in another) gives a test up: by its identity, by that of a
 * test with parameters without its brackets, or by its file, where the tree holds that no more or it is one of `unloaded`.
 * Entries are texts, or objects with `identity`, in a list, or the keys of an object.
 */
export function removedTests(
  facts: Facts,
  unloaded: ReadonlySet<string> = new Set(),
): (identity: string, file: string | null) => boolean {
  const entries = new Set(writtenEntries(facts));
  const paths = new Set(facts.tree?.paths);
  const isThere = (file: string | null): boolean =>
    (facts.tree === undefined || isIn(paths, file)) && !isIn(unloaded, file);
  return (identity, file) => entriesFor(identity, isThere(file) ? null : file).some((entry) => entries.has(entry));
}

/**
 * The whole artifact as whoever took `missing` away writes it, in the form in which it is read: what it names rightly already
 * stands in it, since the next one takes its place. Also which of its entries name no test that ran before. `gone` says when
 * it is written; `unloaded` are files that one entry gives up though they are there.
 */
export function removedTestsHint(
  facts: Facts,
  missing: readonly string[],
  {
    gone = "a removed or renamed test needs its old identity in the artifact `removed_tests`",
    unloaded = new Set(),
  }: { readonly gone?: string; readonly unloaded?: ReadonlySet<string> } = {},
): string {
  const before = testsBefore(facts);
  const written = writtenEntries(facts);
  const known = new Set([...before].flatMap(([identity, file]) => entriesFor(identity, file)));
  const kept = written.filter((entry) => known.has(entry));
  const shape =
    missing.length === 0 ? "" : `, written as it is here: ${shownEntries(facts, before, { kept, missing, unloaded })}`;
  if (written.length === 0) return `${gone}${shape}`;
  const unknown = written.filter((entry) => !known.has(entry));
  const lacking = missing.length === 0 ? "names others" : "lacks some of these";
  const read = unknown.length === 0 ? lacking : `these of it name no test that ran before: ${listed(unknown, 3)}`;
  return `${gone}${shape}; it was read, and ${read}`;
}

/** Of tests that ran before, the files; null where the format names none. */
function testsBefore({ evidence = {} }: Facts): ReadonlyMap<string, string | null> {
  const { base, passedEarlier = [], redIdentities = [] } = evidence;
  return new Map([
    ...passedEarlier.map((identity) => [identity, null] as const),
    ...[...(base?.cases ?? []), ...redIdentities].map(({ identity, file }) => [identity, file] as const),
  ]);
}

/**
 * The fewest entries that give up just these, behind those that are there: a file of which nothing is left, a test with all of
 * its parameters.
 */
function shownEntries(
  { tree, evidence }: Facts,
  before: ReadonlyMap<string, string | null>,
  {
    kept,
    missing,
    unloaded,
  }: { readonly kept: readonly string[]; readonly missing: readonly string[]; readonly unloaded: ReadonlySet<string> },
): string {
  const paths = new Set(tree?.paths);
  const rest = new Set(evidence?.current?.cases.flatMap(({ identity }) => entriesFor(identity, null)));
  const entries = new Set([
    ...kept,
    ...missing.map((identity) => {
      const file = before.get(identity) ?? null;
      if (file !== null && unloaded.has(file)) return file;
      const all = entriesFor(identity, tree === undefined || isIn(paths, file) ? null : file);
      return all.findLast((entry) => !rest.has(entry)) ?? identity;
    }),
  ]);
  let length = 0;
  const shown = [...entries].slice(0, maxEntries).filter((entry) => (length += entry.length + 4) <= maxLength);
  const more = entries.size - shown.length;
  return `\`${JSON.stringify(shown)}\`${more > 0 ? ` and ${more} more` : ""}`;
}

/** All that names a test, from the narrowest to the widest. */
function entriesFor(identity: string, file: string | null): readonly string[] {
  const whole = identity.trim();
  const plain = whole.replace(/(?<=\S)\[[^[\]]*(?:\[[^[\]]*\][^[\]]*)*\]$/s, "");
  return [whole, ...(plain === whole || plain === "" ? [] : [plain]), ...(file === null ? [] : [file])];
}

function isIn(paths: ReadonlySet<string>, file: string | null): boolean {
  return file !== null && paths.has(file);
}

function writtenEntries(facts: Facts): readonly string[] {
  const artifacts = Object.entries(facts.artifacts ?? {});
  const values = artifacts.flatMap(([type, body]) => [
    ...(type === removedTestsArtifact ? [body] : []),
    ...fieldValues(body, [removedTestsArtifact]),
  ]);
  return values.flatMap(identitiesIn).map((entry) => entry.trim());
}

function identitiesIn(value: JsonValue): readonly string[] {
  if (typeof value === "string") return [value];
  if (Array.isArray(value)) return value.flatMap(identitiesIn);
  if (!isObject(value)) return [];
  for (const field of identityFields) {
    const named = value[field];
    if (typeof named === "string") return [named];
  }
  const lists = Object.values(value).filter(Array.isArray);
  return lists.length > 0 ? lists.flatMap((list) => identitiesIn(list)) : Object.keys(value);
}
