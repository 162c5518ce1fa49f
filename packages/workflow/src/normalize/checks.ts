import { type JsonObject, type RuleReference, severities, type Severity } from "@phasegate/wire";
import type { CheckDefinition } from "../checks/definition.ts";
import { checkNames, findCheck } from "../checks/registry.ts";
import { checkOptions } from "../format/file-schema.ts";
import { checkShape, type Shape } from "../format/shape.ts";
import type { NormalizedCheck } from "../model/normalized.ts";
import {
  type Located,
  type LocatedEntry,
  type LocatedMap,
  member,
  numberOf,
  textOf,
  toJson,
} from "../reading/located.ts";
import type { NormalizeContext } from "./context.ts";
import { type Placed, placed, putWritten } from "./places.ts";

/** Keys of a check in a workflow file that are not its parameters. */
const ownKeys = new Set(["check", "rule", "severity", "message", "evidence"]);

/** Older names of parameters: check -> name in the file -> name in the check. */
const olderParameters: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  all_review_models_completed: { required_reviews: "reviews" },
  all_reviews_completed: { required_reviews: "reviews" },
  coverage_threshold_met: { minimum: "threshold" },
};

/** What a reviewer decides; an older file knows no reviewers, so there it only advises. */
const judgements = new Set(["matches_plan", "tests_are_meaningful"]);

export interface CheckReference {
  readonly name: string;
  /** Where the name stands. */
  readonly place: RuleReference;
  /** Severity, message, evidence and parameters; null when only the name was written. */
  readonly body: Located | null;
}

/** One check with its parameters judged by its own schema; null (and an error) when it cannot be used here. */
export function normalizeCheck(context: NormalizeContext, reference: CheckReference): Placed<NormalizedCheck> | null {
  const definition = findCheck(reference.name);
  if (!definition) {
    context.reporter.unknown(reference.place, "unknown-check", "check", reference.name, checkNames);
    return null;
  }
  for (const [option, shape] of Object.entries(checkOptions)) {
    const value = member(reference.body ?? undefined, option);
    if (value) checkShape(shape as Shape, value, context.reporter, option);
  }
  const parameters = readParameters(context, definition, reference);
  const selfReported = judgeSource(context, definition, reference);
  const check: NormalizedCheck = {
    check: definition.name,
    severity: judgeSeverity(context, definition, reference),
    message: textOf(member(reference.body ?? undefined, "message")),
    parameters,
    selfReported,
  };
  const normalized = placed(check, reference.place);
  putWritten(normalized.places, "/severity", member(reference.body ?? undefined, "severity"));
  return normalized;
}

function readParameters(context: NormalizeContext, definition: CheckDefinition, reference: CheckReference): JsonObject {
  const entries = new Map<string, LocatedEntry>();
  const renamed = Object.hasOwn(olderParameters, definition.name) ? olderParameters[definition.name] : undefined;
  for (const [key, entry] of reference.body?.kind === "map" ? reference.body.entries : []) {
    if (ownKeys.has(key)) continue;
    entries.set(renamed && Object.hasOwn(renamed, key) ? (renamed[key] ?? key) : key, entry);
  }
  const minimum = member(member(member(context.root, "evidence"), "coverage"), "minimum");
  if (
    definition.name === "coverage_threshold_met" &&
    !entries.has("threshold") &&
    numberOf(minimum) !== null &&
    minimum
  ) {
    entries.set("threshold", { place: minimum.place, value: minimum });
  }
  const written: LocatedMap = { kind: "map", entries, place: reference.place };
  checkShape(definition.parameters as Shape, written, context.reporter);
  return toJson(written) as JsonObject;
}

/** Whether the facts come from what the agent submitted; reports a check whose facts come from nowhere. */
function judgeSource(context: NormalizeContext, definition: CheckDefinition, reference: CheckReference): boolean {
  const { reporter } = context;
  const isGathered = definition.needs.some((kind) => kind === "evidence" || kind === "reviews");
  const asked = member(reference.body ?? undefined, "evidence");
  if (textOf(asked) === "self_reported" && asked) {
    if (definition.selfReportable) {
      reporter.warning(asked.place, "self-reported", `\`${definition.name}\` takes the agent's word for its facts`);
      return true;
    }
    reporter.error(
      asked.place,
      "invalid-value",
      `\`${definition.name}\` gathers its facts itself`,
      "remove `evidence`",
    );
    return false;
  }
  if (context.older && definition.selfReportable && isGathered) return true;
  const section = missingSection(context, definition);
  if (section !== null) {
    reporter.error(
      reference.place,
      "check_without_source",
      `nothing gathers the facts of \`${definition.name}\``,
      `say how under \`${section}\`${exampleOf[section]}, or set \`evidence: self_reported\` on the check`,
    );
  }
  return false;
}

const exampleOf = {
  "evidence.coverage": " (`coverage: { minimum: 80 }`)",
  "evidence.tests": " (`tests: { preset: node }`)",
} as const;

/** The part of the file that would say how the facts are gathered; null when all that it takes is there. */
function missingSection(context: NormalizeContext, definition: CheckDefinition): keyof typeof exampleOf | null {
  if (!definition.needs.includes("evidence") || definition.name === "command") return null;
  const sections =
    definition.name === "coverage_threshold_met" ? (["coverage", "tests"] as const) : (["tests"] as const);
  const evidence = member(context.root, "evidence");
  const missing = sections.find((section) => member(evidence, section) === undefined);
  return missing === undefined ? null : (`evidence.${missing}` as const);
}

function judgeSeverity(context: NormalizeContext, definition: CheckDefinition, reference: CheckReference): Severity {
  const node = member(reference.body ?? undefined, "severity");
  const asked = severities.find((severity) => severity === textOf(node)) ?? null;
  const onlyAdvises = definition.warningOnly || (context.older && judgements.has(definition.name));
  if (!onlyAdvises) return asked ?? "blocking";
  if (asked !== "blocking") return asked ?? "warning";
  const message = `\`${definition.name}\` can only advise`;
  if (context.older)
    context.reporter.warning(node?.place ?? reference.place, "advisory-check", message, "it counts as `warning`");
  else context.reporter.error(node?.place ?? reference.place, "advisory-check", message, "set `severity: warning`");
  return "warning";
}
