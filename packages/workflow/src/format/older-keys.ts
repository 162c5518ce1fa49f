import type { Located } from "../reading/located.ts";
import type { Reporter } from "../reading/reporter.ts";

/** What became of a key of the older file format. */
export type OlderKeyFate = "honoured" | "mapped" | "no-effect";

export interface OlderKey {
  /** Dots between keys, `[]` for each item of a list, `*` for everything below. */
  readonly key: string;
  readonly fate: OlderKeyFate;
  /** What it does, or why it does nothing. */
  readonly note: string;
}

/** Every key of the older file format and its fate; docs/reference/older-files.md is held in step by a test. */
export const olderKeys: readonly OlderKey[] = [
  { key: "name", fate: "honoured", note: "name of the workflow" },
  { key: "version", fate: "honoured", note: "shown, not interpreted" },
  { key: "description", fate: "honoured", note: "shown, not interpreted" },
  { key: "phases[].id", fate: "honoured", note: "the first phase is initial, the last ends the task" },
  { key: "phases[].name", fate: "honoured", note: "shown" },
  { key: "phases[].description", fate: "honoured", note: "shown" },
  { key: "phases[].allowed_tools", fate: "honoured", note: "everything else is denied" },
  { key: "phases[].forbidden_tools", fate: "honoured", note: "wins over `allowed_tools`" },
  {
    key: "phases[].tool_constraints.write_files",
    fate: "mapped",
    note: "to `write`, which rules every tool and the tree; without it a phase that lists write_files or edit_files may change every path",
  },
  { key: "phases[].tool_constraints.bash", fate: "honoured", note: "see Commands" },
  { key: "phases[].required_artifacts", fate: "honoured", note: "checked when the phase is left forward" },
  { key: "phases[].required_artifacts[].validation", fate: "honoured", note: "each `rule` is a check" },
  { key: "phases[].gates", fate: "honoured", note: "a gate is its checks" },
  { key: "phases[].gates[].approvers", fate: "honoured", note: "any of them; `orchestrator` is automatic" },
  { key: "phases[].gates[].timeout_seconds", fate: "honoured", note: "how long an approval may take" },
  { key: "phases[].gates[].auto_advance", fate: "honoured", note: "no person is needed when the checks pass" },
  {
    key: "phases[].auto_spawn",
    fate: "honoured",
    note: "a review task for each model when a transition enters the phase; `models` are the reviews that `type: review` asks for",
  },
  { key: "transitions", fate: "honoured", note: "these and no others; a transition to an earlier phase is rework" },
  {
    key: "transitions[].requires_token",
    fate: "no-effect",
    note: "tokens are always required; only `false` is warned of",
  },
  {
    key: "transitions[].triggers[].action",
    fate: "honoured",
    note: "carried out by a job after the transition; `escalate_to_human` is read as `escalate`",
  },
  { key: "transitions[].triggers[].parallel", fate: "no-effect", note: "each trigger is a job of its own" },
  { key: "enforcement.mode", fate: "honoured", note: "`audit` is read as `advisory`" },
  { key: "enforcement.assurance", fate: "honoured", note: "the least that a task runs at; default mediated" },
  { key: "enforcement.agent_sdk.*", fate: "no-effect", note: "the server decides, whatever client an agent uses" },
  {
    key: "enforcement.phase_tokens.enabled",
    fate: "no-effect",
    note: "tokens are always required; `false` under strict does not load",
  },
  { key: "enforcement.phase_tokens.algorithm", fate: "no-effect", note: "the algorithm is the server key's" },
  {
    key: "enforcement.phase_tokens.secret_env_var",
    fate: "no-effect",
    note: "`security.jwt_secret_env_var` of the configuration",
  },
  { key: "enforcement.phase_tokens.expiry_seconds", fate: "honoured", note: "life of a phase token" },
  { key: "enforcement.phase_tokens.include_claims", fate: "no-effect", note: "the claims are fixed" },
  { key: "enforcement.tool_enforcement.enabled", fate: "mapped", note: "`false` under strict does not load" },
  { key: "enforcement.tool_enforcement.violation_action", fate: "mapped", note: "must agree with `mode`" },
  { key: "enforcement.tool_enforcement.capability_model", fate: "honoured", note: "`deny_by_default` is the only one" },
  { key: "enforcement.tool_enforcement.audit_log", fate: "no-effect", note: "every decision is in the ledger" },
  { key: "coordination.lease_seconds", fate: "honoured", note: "how long a claim holds without a call" },
  { key: "coordination.state_access.mode", fate: "no-effect", note: "snapshots are always read-only" },
  {
    key: "coordination.state_access.snapshot_includes",
    fate: "no-effect",
    note: "a snapshot always holds all of its members",
  },
  { key: "coordination.state_access.mutation_via", fate: "no-effect", note: "state changes through the API only" },
  { key: "coordination.event_bus.*", fate: "no-effect", note: "events come from the ledger" },
  { key: "coordination.conflict_resolution.*", fate: "no-effect", note: "the ledger appends at an expected version" },
  { key: "monitoring.metrics", fate: "no-effect", note: "`/metrics` serves all of them" },
  { key: "monitoring.export", fate: "no-effect", note: "`/metrics` and telemetry in the configuration" },
  { key: "monitoring.alerts", fate: "no-effect", note: "alert on `/metrics`" },
  {
    key: "recovery.agent_crash.action",
    fate: "mapped",
    note: "a lease that ends offers the task again, in the same phase",
  },
  { key: "recovery.agent_crash.max_retries", fate: "no-effect", note: "a task is offered until it is cancelled" },
  { key: "recovery.agent_crash.backoff_seconds", fate: "no-effect", note: "a task is offered at once" },
  { key: "recovery.orchestrator_crash.*", fate: "no-effect", note: "nothing that was answered is lost in a crash" },
  { key: "recovery.gate_timeout.action", fate: "mapped", note: "default of `on_timeout`" },
  { key: "recovery.gate_timeout.preserve_state", fate: "no-effect", note: "state is always preserved" },
  { key: "schemas_dir", fate: "honoured", note: "searched last for schemas" },
  { key: "schemas", fate: "honoured", note: "inline schemas by path or base name" },
];

/** Keys that the older format does not have: a file that uses one of them is not an older file. */
export const newerKeys: readonly string[] = [
  "extends",
  "paths",
  "workspace",
  "evidence",
  "phases[].tools",
  "phases[].write",
  "phases[].freeze",
  "phases[].artifacts",
  "phases[].gate",
  "phases[].rework",
  "phases[].timeout_seconds",
  "phases[].on_timeout",
  "phases[].gates[].run",
  "phases[].gates[].system",
  "phases[].gates[].blockers[].evidence",
  "phases[].required_artifacts[].validation[].evidence",
];

/** True when a file uses keys of the older format only. */
export function isOlderFile(root: Located): boolean {
  return newerKeys.every((key) => find(root, key.split(".")).length === 0);
}

/** Warns at each key that is accepted without effect. */
export function warnOfKeysWithoutEffect(root: Located, reporter: Reporter): void {
  for (const { key, fate, note } of olderKeys) {
    if (fate !== "no-effect") continue;
    const named = key.replace(/\.\*$/u, "");
    for (const found of find(root, named.split("."))) {
      if (harmless(named, found.value)) continue;
      reporter.warning(found.place, "no-effect", `\`${named.replaceAll("[]", "")}\` has no effect`, note);
    }
  }
}

/** Values that ask for what happens anyway. */
function harmless(key: string, value: Located): boolean {
  const asked = value.kind === "scalar" ? value.value : null;
  if (key === "coordination.state_access.snapshot_includes") return false;
  return (
    asked === true &&
    [
      "transitions[].requires_token",
      "enforcement.phase_tokens.enabled",
      "recovery.gate_timeout.preserve_state",
    ].includes(key)
  );
}

interface Found {
  readonly place: string;
  readonly value: Located;
}

function find(node: Located, steps: readonly string[]): readonly Found[] {
  const [step, ...rest] = steps;
  if (step === undefined) return [{ place: node.place, value: node }];
  const name = step.replace(/\[\]$/u, "");
  const entry = node.kind === "map" ? node.entries.get(name) : undefined;
  if (!entry) return [];
  if (rest.length === 0) return [{ place: entry.place, value: entry.value }];
  if (!step.endsWith("[]")) return find(entry.value, rest);
  return entry.value.kind === "list" ? entry.value.items.flatMap((item) => find(item, rest)) : [];
}
