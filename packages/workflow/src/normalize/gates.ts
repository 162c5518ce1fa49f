import { type RuleReference, timeoutActions } from "@phasegate/wire";
import { approval, approverNames, automaticApprover } from "../checks/approval.ts";
import { findCheck } from "../checks/registry.ts";
import type { NormalizedCheck, NormalizedGate } from "../model/normalized.ts";
import {
  booleanOf,
  itemsOf,
  type Located,
  type LocatedEntry,
  member,
  numberOf,
  sortedEntries,
  textOf,
} from "../reading/located.ts";
import { type CheckReference, normalizeCheck } from "./checks.ts";
import type { NormalizeContext } from "./context.ts";
import { quote } from "../policy/quote.ts";
import { type Placed, type Places, putUnder, putWritten } from "./places.ts";

/** Keys of the blockers of a long gate. */
const ofBlockers = new Set(["check", "rule", "severity", "message"]);

const timingKeys = new Set(["timeout_seconds", "on_timeout", "auto_advance"]);

/** The gates of a phase, from either form: `gate` makes one, `gates` lists them. */
export function normalizeGates(context: NormalizeContext, phase: Located): Placed<NormalizedGate>[] {
  const short = member(phase, "gate");
  const long = member(phase, "gates");
  if (short && long) {
    context.reporter.error(short.place, "both-forms", "`gate` and `gates` are one thing", "keep one of them");
  }
  const gates = short
    ? [shortGate(context, phase, short)]
    : itemsOf(long).map((gate) => longGate(context, phase, gate));
  const ids = new Set<string>();
  for (const { value, places } of gates) {
    const place = places.get("") ?? phase.place;
    if (ids.has(value.id))
      context.reporter.error(place, "duplicate-id", `two gates of the phase are called \`${value.id}\``);
    ids.add(value.id);
  }
  return gates;
}

function shortGate(context: NormalizeContext, phase: Located, node: Located): Placed<NormalizedGate> {
  const parts = itemsOf(node);
  const written = parts.flatMap((part): readonly CheckReference[] => {
    const name = textOf(part);
    if (name !== null) return shorthand(context, phase, name, { place: part.place, value: nothing(part.place) });
    return sortedEntries(part).flatMap(([key, entry]) =>
      timingKeys.has(key) ? [] : shorthand(context, phase, key, entry),
    );
  });
  // `reviews` brings `no_blocking_issues`, which is often written beside it: judged twice, each refusal would be told twice.
  const bare = (name: string): CheckReference | undefined =>
    written.find((other) => other.name === name && other.body === null);
  const references = written.filter((reference) => reference.body !== null || bare(reference.name) === reference);
  const timing = parts.find((part) => [...timingKeys].some((key) => member(part, key)));
  const id = `${(textOf(member(phase, "id")) ?? "phase").toLowerCase()}_gate`;
  return assemble(context, { id, node: timing ?? node, place: node.place, references });
}

/** The checks behind one word of the short form. */
function shorthand(
  context: NormalizeContext,
  phase: Located,
  word: string,
  entry: LocatedEntry,
): readonly CheckReference[] {
  const { place, value } = entry;
  const reference = (name: string, body: Located | null): CheckReference => ({ name, place, body });
  const isBare = value.kind === "scalar" && (value.value === null || value.value === true);
  if (word === "approval" || word === "quorum") return [approvalOf(context, value, place)];
  if (word === "reviews") {
    const body = isBare ? null : mapOf(place, { reviews: listOf(value) });
    return [
      reference("all_review_models_completed", body ?? autoSpawned(phase, place)),
      reference("no_blocking_issues", null),
    ];
  }
  if (isBare || value.kind === "map") return [reference(word, isBare ? null : value)];
  const parameter = { command: "run", external: "name", coverage: "threshold", coverage_threshold_met: "threshold" }[
    word
  ];
  if (parameter !== undefined) return [reference(word, mapOf(place, { [parameter]: value }))];
  context.reporter.error(
    value.place,
    "invalid-type",
    `\`${word}\` must be a map of its parameters`,
    ofBlockers.has(word)
      ? "in a short gate the check is the key, and holds its severity: `{ green: { severity: warning } }`"
      : "leave it empty for none",
  );
  return [];
}

function approvalOf(context: NormalizeContext, value: Located, place: RuleReference): CheckReference {
  if (value.kind === "map") {
    return approvalReference(context, value, place);
  }
  const isBare = value.kind === "scalar" && typeof value.value !== "string";
  return approvalReference(context, isBare ? mapOf(place, {}) : mapOf(place, { approvers: listOf(value) }), place);
}

/** The approval check of a gate: who may approve, with `orchestrator` (automatic) worked out. */
function approvalReference(context: NormalizeContext, node: Located, place: RuleReference): CheckReference {
  const { reporter } = context;
  const written = member(node, "approvers");
  const required = member(node, "approvals_required");
  let count = numberOf(required) ?? 1;
  let approvers = uniqueTexts(itemsOf(written));
  reportUnknownApprovers(context, approvers);
  const automatic = approvers.find((item) => textOf(item) === automaticApprover);
  if (automatic && count === 1) {
    const hint = "remove `orchestrator` if a person shall approve";
    reporter.warning(
      automatic.place,
      "automatic-approval",
      "the gate opens without a person once its checks pass",
      hint,
    );
    approvers = [automatic];
  } else if (automatic) {
    reporter.warning(automatic.place, "automatic-approval", "one of the approvals is given without a person");
    approvers = approvers.filter((item) => item !== automatic);
    count -= 1;
  }
  if (approvers.length === 0) {
    if (automatic)
      reporter.error((required ?? node).place, "invalid-value", "`orchestrator` cannot approve more than once");
    else reportNoApprover(context, place);
    approvers = [scalar(automaticApprover, place)];
    count = 1;
  }
  const entries = new Map(node.kind === "map" ? node.entries : []);
  entries.set("approvers", { place, value: { kind: "list", items: approvers, place: written?.place ?? place } });
  entries.set("approvals_required", { place, value: scalar(count, required?.place ?? place) });
  return { name: "approval", place, body: { kind: "map", entries, place } };
}

function reportNoApprover({ reporter, older }: NormalizeContext, place: RuleReference): void {
  const message = "the approval names no approver";
  if (older) reporter.warning(place, "no-approver", message, "absent means `[orchestrator]`: no person is asked");
  else reporter.error(place, "no-approver", message, "name `approvers`, for instance `[human]`");
}

/** An approver that no principal can be would wait for ever; in an older file it is passed over where another is named. */
function reportUnknownApprovers({ reporter, older }: NormalizeContext, approvers: readonly Located[]): void {
  const isKnown = (item: Located): boolean => approverNames.includes(textOf(item) ?? "");
  const isPassedOver = older && approvers.some(isKnown);
  for (const item of approvers.filter((one) => !isKnown(one))) {
    const name = textOf(item) ?? "";
    if (!isPassedOver) reporter.unknown(item.place, "unknown-approver", "approver", name, approverNames);
    else reporter.warning(item.place, "no-effect", `nobody can be the approver ${quote(name)}; the others are asked`);
  }
}

function uniqueTexts(items: readonly Located[]): readonly Located[] {
  const seen = new Map<string, Located>();
  for (const item of items) {
    const text = textOf(item);
    if (text !== null && !seen.has(text)) seen.set(text, item);
  }
  return [...seen.values()];
}

function longGate(context: NormalizeContext, phase: Located, node: Located): Placed<NormalizedGate> {
  const type = textOf(member(node, "type")) ?? "validation";
  const references: CheckReference[] = itemsOf(member(node, "blockers")).flatMap((blocker) => {
    const named = member(blocker, "check");
    const name = textOf(named);
    if (!named || name === null) return [];
    if (findCheck(name) === approval) return [approvalReference(context, blocker, named.place)];
    return [{ name, place: named.place, body: blocker }];
  });
  const lacks = (name: string): boolean => !references.some((reference) => findCheck(reference.name)?.name === name);
  const typePlace = (member(node, "type") ?? node).place;
  if (type === "review") {
    if (lacks("all_review_models_completed")) {
      references.push({ name: "all_review_models_completed", place: typePlace, body: autoSpawned(phase, typePlace) });
    }
    if (lacks("no_blocking_issues")) references.push({ name: "no_blocking_issues", place: typePlace, body: null });
  }
  addTypedCheck(context, node, references, { type: "command", key: "run", parameter: "run" });
  addTypedCheck(context, node, references, { type: "external", key: "system", parameter: "name" });
  const namesApprovers = member(node, "approvers") !== undefined || member(node, "approvals_required") !== undefined;
  if ((type === "approval" || namesApprovers) && lacks("approval")) {
    references.push(approvalInGate(context, node, type, typePlace));
  }
  const id = textOf(member(node, "id")) ?? "";
  return assemble(context, { id, node, place: node.place, references });
}

function approvalInGate(context: NormalizeContext, node: Located, type: string, place: RuleReference): CheckReference {
  const asked = member(node, "auto_advance");
  if (booleanOf(asked) !== true || type !== "approval" || !asked) {
    const named = ["approvers", "approvals_required"].flatMap((key) => {
      const value = member(node, key);
      return value ? [[key, value] as const] : [];
    });
    return approvalReference(context, mapOf(node.place, Object.fromEntries(named)), place);
  }
  const message = "an approval that advances by itself asks no person";
  if (!context.older)
    context.reporter.error(asked.place, "contradiction", message, "remove `auto_advance` or the approval");
  return approvalReference(context, mapOf(place, { approvers: scalar(automaticApprover, asked.place) }), place);
}

function addTypedCheck(
  context: NormalizeContext,
  node: Located,
  references: CheckReference[],
  typed: { readonly type: string; readonly key: string; readonly parameter: string },
): void {
  const value = member(node, typed.key);
  const isOfType = textOf(member(node, "type")) === typed.type;
  if (!isOfType) {
    if (value)
      context.reporter.error(value.place, "invalid-value", `\`${typed.key}\` belongs to \`type: ${typed.type}\``);
    return;
  }
  if (value)
    references.push({ name: typed.type, place: value.place, body: mapOf(value.place, { [typed.parameter]: value }) });
  else if (!references.some((reference) => reference.name === typed.type)) {
    const place = (member(node, "type") ?? node).place;
    context.reporter.error(place, "missing-key", `\`${typed.key}\` is missing`, `\`type: ${typed.type}\` needs it`);
  }
}

interface GateParts {
  readonly id: string;
  /** Where timing keys are looked for. */
  readonly node: Located;
  readonly place: RuleReference;
  readonly references: readonly CheckReference[];
}

function assemble(context: NormalizeContext, parts: GateParts): Placed<NormalizedGate> {
  const places: Places = new Map([["", parts.place]]);
  const checks: NormalizedCheck[] = [];
  for (const reference of parts.references) {
    const check = normalizeCheck(context, reference);
    if (!check) continue;
    putUnder(places, `/checks/${checks.length}`, check.places);
    checks.push(check.value);
  }
  putWritten(places, "/timeoutSeconds", member(parts.node, "timeout_seconds"));
  putWritten(places, "/onTimeout", member(parts.node, "on_timeout"));
  putWritten(places, "/autoAdvance", member(parts.node, "auto_advance"));
  const onTimeout = textOf(member(parts.node, "on_timeout")) ?? recoveryAction(context);
  const value: NormalizedGate = {
    id: parts.id,
    checks,
    timeoutSeconds: numberOf(member(parts.node, "timeout_seconds")),
    onTimeout: timeoutActions.find((action) => action === onTimeout) ?? "escalate",
    autoAdvance: booleanOf(member(parts.node, "auto_advance")) ?? false,
  };
  return { value, places };
}

function recoveryAction(context: NormalizeContext): string {
  const action = textOf(member(member(member(context.root, "recovery"), "gate_timeout"), "action"));
  return action === "escalate_to_human" || action === null ? "escalate" : action;
}

/** The reviews that the phase starts by itself are those that its gate asks for. */
function autoSpawned(phase: Located, place: RuleReference): Located | null {
  const models = itemsOf(member(phase, "auto_spawn")).flatMap((spawn) => itemsOf(member(spawn, "models")));
  return models.length === 0 ? null : mapOf(place, { reviews: { kind: "list", items: models, place } });
}

function mapOf(place: RuleReference, members: Readonly<Record<string, Located>>): Located {
  return {
    kind: "map",
    place,
    entries: new Map(Object.entries(members).map(([key, value]) => [key, { place, value }])),
  };
}

function listOf(node: Located): Located {
  return { kind: "list", items: itemsOf(node), place: node.place };
}

function scalar(value: string | number, place: RuleReference): Located {
  return { kind: "scalar", value, place };
}

function nothing(place: RuleReference): Located {
  return { kind: "scalar", value: null, place };
}
