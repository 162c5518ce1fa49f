import type { Facts, JsonValue } from "@phasegate/wire";
import { fieldValues, isObject } from "../checks/artifact-fields.ts";

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
