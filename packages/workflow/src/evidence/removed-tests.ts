import type { Facts, JsonValue } from "@phasegate/wire";
import { fieldValues, isObject } from "../checks/artifact-fields.ts";
import { listed } from "../checks/outcome.ts";

/** The artifact that names tests which are gone on purpose. */
export const removedTestsArtifact = "removed_tests";

const identityFields = ["identity", "test", "name", "id", "old_identity", "from"];

/**
 * Identities that the artifact `removed_tests` (or the field of that name in another) gives up: texts, or objects with
 * `identity`, in a list, or as the keys of an object.
 */
export function removedTests(facts: Facts): ReadonlySet<string> {
  const artifacts = Object.entries(facts.artifacts ?? {});
  const values = artifacts.flatMap(([type, body]) => [
    ...(type === removedTestsArtifact ? [body] : []),
    ...fieldValues(body, [removedTestsArtifact]),
  ]);
  return new Set(values.flatMap(identitiesIn).map((identity) => identity.trim()));
}

/**
 * What whoever took `missing` away writes, in the form in which it is read; and, where something was written, which
 * entries name no test that ran before.
 */
export function removedTestsHint(facts: Facts, missing: readonly string[]): string {
  const [example] = missing;
  const gone = "a removed or renamed test needs its old identity in the artifact `removed_tests`";
  const shape = example === undefined ? "" : `, written as it is here: \`${JSON.stringify([example])}\``;
  const written = removedTests(facts);
  if (written.size === 0) return `${gone}${shape}`;
  const { base, passedEarlier = [], redIdentities = [] } = facts.evidence ?? {};
  const before = [...(base?.cases ?? []), ...redIdentities].map(({ identity }) => identity);
  const known = new Set([...before, ...passedEarlier].map((identity) => identity.trim()));
  const unknown = [...written].filter((identity) => !known.has(identity));
  const read =
    unknown.length === 0 ? "names others" : `these of it name no test that ran before: ${listed(unknown, 3)}`;
  return `${gone}${shape}; it was read, and ${read}`;
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
