import type { JsonValue } from "@phasegate/wire";
import { fieldValues, filledItems, isObject, type SubmittedArtifact } from "./artifact-fields.ts";

export const criteriaFields = ["acceptance_criteria", "criteria"] as const;

/** An acceptance criterion, and every word under which a test may say that it covers it. */
export interface AcceptanceCriterion {
  readonly label: string;
  readonly names: ReadonlySet<string>;
  readonly files: readonly string[];
}

/** The criteria that the artifacts list. A criterion answers to its id, its text, its place in the list, and `ac-N`. */
export function acceptanceCriteria(artifacts: readonly SubmittedArtifact[]): readonly AcceptanceCriterion[] {
  for (const { body } of artifacts) {
    const items = fieldValues(body, criteriaFields).flatMap(filledItems);
    if (items.length > 0) return items.map(readCriterion);
  }
  return [];
}

/** The form in which names of criteria are compared. */
export function plainCriterionName(name: string): string {
  return name
    .trim()
    .toLowerCase()
    .replaceAll(/[\s_\-.:]+/gu, " ")
    .trim();
}

/** Paths in a value: a text, or an object's `path` or `file`, or a list of either. */
export function pathsIn(value: JsonValue | undefined): readonly string[] {
  if (typeof value === "string") return value.trim() === "" ? [] : [plainPath(value)];
  if (Array.isArray(value)) return value.flatMap(pathsIn);
  if (!isObject(value)) return [];
  return pathsIn(value["path"] ?? value["file"] ?? value["file_path"] ?? value["test_file"] ?? value["filename"]);
}

function readCriterion(item: JsonValue, index: number): AcceptanceCriterion {
  const position = index + 1;
  const names = [`${position}`, `ac ${position}`, `ac${position}`];
  if (!isObject(item)) {
    const text = typeof item === "string" ? item : JSON.stringify(item);
    return { label: text, names: new Set([...names, plainCriterionName(text)]), files: [] };
  }
  const own = ["id", "key", "criterion", "description", "text", "title", "name"]
    .map((member) => item[member])
    .filter((value) => typeof value === "string" || typeof value === "number")
    .map(String);
  return {
    label: own[0] ?? `criterion ${position}`,
    names: new Set([...names, ...own.map(plainCriterionName)]),
    files: ["tests", "test_files", "test_file", "test", "covered_by"].flatMap((member) => pathsIn(item[member])),
  };
}

function plainPath(path: string): string {
  return path
    .trim()
    .replace(/^\/workspace\//u, "")
    .replace(/^(?:\.\/)+/u, "")
    .replace(/(?:::|#).*$/u, "");
}
