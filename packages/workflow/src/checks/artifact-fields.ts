import type { JsonObject, JsonValue } from "@phasegate/wire";
import type { CheckInput } from "./definition.ts";

/** Bounds on how deep and how wide an artifact is searched for a field. */
const maxFieldDepth = 4;
const maxVisitedNodes = 5000;

export interface SubmittedArtifact {
  readonly type: string;
  readonly body: JsonValue;
}

/** The submitted artifacts, those that the current phase declares first. Empty when none were gathered. */
export function submittedArtifacts(input: CheckInput): readonly SubmittedArtifact[] {
  const declared = new Set(input.workflow.phases.get(input.phase)?.artifacts.map((artifact) => artifact.type));
  const all = Object.entries(input.facts.artifacts ?? {}).map(([type, body]) => ({ type, body }));
  return [...all.filter(({ type }) => declared.has(type)), ...all.filter(({ type }) => !declared.has(type))];
}

export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Every value that stands under one of `names` in the artifact or in objects nested in it, shallowest first. Names are
 * compared without case, `_`, `-` and blanks, so that `acceptanceCriteria` is `acceptance_criteria`.
 */
export function fieldValues(body: JsonValue, names: readonly string[]): readonly JsonValue[] {
  const wanted = new Set(names.map(plainName));
  const found: JsonValue[] = [];
  for (const node of objectsIn(body)) {
    for (const [name, value] of Object.entries(node)) if (wanted.has(plainName(name))) found.push(value);
  }
  return found;
}

/** The object itself and those nested in it (not in lists), shallowest first, within the bounds. */
export function objectsIn(body: JsonValue): readonly JsonObject[] {
  const queue: { node: JsonObject; depth: number }[] = isObject(body) ? [{ node: body, depth: 1 }] : [];
  const objects: JsonObject[] = [];
  for (let index = 0; index < queue.length && objects.length < maxVisitedNodes; index++) {
    const { node, depth } = queue[index]!;
    objects.push(node);
    if (depth === maxFieldDepth) continue;
    for (const value of Object.values(node)) if (isObject(value)) queue.push({ node: value, depth: depth + 1 });
  }
  return objects;
}

const longestPlaceholder = 100;
const placeholder =
  /^(?:tbd|tba|tbc|todo|fixme|xxx+|wip|n\/?a|none|null|nil|undefined|unknown|placeholder|pending|lorem ipsum.*|to be (?:determined|defined|decided|done|filled(?: in)?|announced|confirmed)|[.\-_?*\s]+|<[^>]*>|\[[^\]]*\])[.!:\s]*$/iu;

/** True for a text that says something: not empty, not `TBD`, `TODO`, `...` or another placeholder. */
export function isTelling(text: string): boolean {
  const trimmed = text.trim();
  if (trimmed.length > longestPlaceholder) return true;
  return trimmed !== "" && !placeholder.test(trimmed) && !/^(?:todo|tbd|fixme)\b/iu.test(trimmed);
}

const itemLabels = new Set(["id", "key", "number", "index", "status", "priority", "type"]);

/** True when a value says something: a telling text, a number, a list or object with a telling member. */
export function isFilled(value: JsonValue | undefined): boolean {
  if (typeof value === "string") return isTelling(value);
  if (typeof value === "number") return true;
  if (Array.isArray(value)) return value.some(isFilled);
  if (isObject(value)) return Object.entries(value).some(([name, member]) => !itemLabels.has(name) && isFilled(member));
  return false;
}

const nothing = /^\s*(?:none|nothing)\s*[.!]?\s*$/iu;

/** True for a value that says in so many words that there is nothing: `none`, also as the only item of a list. */
export function saysNone(value: JsonValue | undefined): boolean {
  if (Array.isArray(value)) return value.length === 1 && saysNone(value[0]);
  return typeof value === "string" && nothing.test(value);
}

/** The items of a list field that say something; a telling text counts as a list of one, an object as its members. */
export function filledItems(value: JsonValue | undefined): readonly JsonValue[] {
  if (Array.isArray(value)) return value.filter(isFilled);
  if (isObject(value)) return Object.values(value).filter(isFilled);
  return isFilled(value) && value !== undefined ? [value] : [];
}

function plainName(name: string): string {
  return name.toLowerCase().replaceAll(/[_\-\s]/gu, "");
}
