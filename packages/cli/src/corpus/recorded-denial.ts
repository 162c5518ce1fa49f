import { errorRegistry, type ReasonCode } from "@phasegate/wire";
import { stringify } from "yaml";
import type { AttackFile } from "./corpus-file.ts";
import type { Step, TokenTrick } from "./step.ts";

/** A denial as the audit log and the events tell it. */
export interface RecordedDenial {
  readonly id: string;
  readonly type: string;
  readonly taskId: string;
  readonly phase: string | null;
  readonly toolName: string | null;
  /** As the ledger keeps them: known shapes of secrets are gone. */
  readonly args: unknown;
  readonly reasons: readonly { readonly code: ReasonCode; readonly message: string }[];
  /** Of the event itself. */
  readonly data: Readonly<Record<string, unknown>>;
  /** What was handed in for the phase that a gate kept the task in, by type. */
  readonly artifacts: Readonly<Record<string, unknown>>;
}

/** Where the case is to play; what the ledger cannot know. */
export interface CasePlace {
  readonly kind: string;
  readonly class?: string | undefined;
}

/**
 * The text of an attack file that tries again what was denied, and expects the same denial. Ids of tasks are placeholders
 * and names of people in paths are gone; what the ledger does not keep is said in comments.
 */
export function caseText(denial: RecordedDenial, place: CasePlace): string {
  const { steps, missing } = stepsOf(denial);
  const code = denial.reasons[0]?.code;
  const what = denial.toolName ?? (commandOf(denial.data) || "a transition");
  const file: AttackFile = {
    about: `recorded by a server as ${denial.id}`,
    cases: [
      {
        name: `${what} refused as ${code ?? denial.type}, recorded as ${denial.id}`,
        class: place.class ?? classOf(denial),
        kind: place.kind,
        ...(denial.phase === null ? {} : { phase: denial.phase }),
        ...steps,
      },
    ],
  };
  const redacted = withoutIdentities(file, denial.taskId);
  const remarks = [
    "Give it a name, check its class, and say in which kind of repository and at which moment it plays.",
    ...missing,
    ...denial.reasons.map(({ message }) => `it was told: ${oneLine(withoutIdentities(message, denial.taskId))}`),
  ];
  return remarks.map((remark) => `# ${remark}\n`).join("") + stringify(redacted, { lineWidth: 0 });
}

interface Rebuilt {
  readonly steps: {
    readonly setup?: Step[];
    readonly attack: Step[];
    readonly outcome?: "detected";
    readonly may_change?: string[];
  };
  readonly missing: readonly string[];
}

function stepsOf(denial: RecordedDenial): Rebuilt {
  if (denial.type === "tool.denied" || denial.type === "tool.rolled_back") return toolSteps(denial);
  if (denial.type === "gate.blocked") return gateSteps(denial);
  if (denial.type === "violation.detected" && denial.data["kind"] === "changed_outside") return outsideSteps(denial);
  return refusedSteps(denial);
}

function toolSteps({ toolName, args, reasons }: RecordedDenial): Rebuilt {
  const code = reasons[0]?.code;
  const trick = code === undefined ? undefined : tricks[code];
  const expect = refusal(code);
  const more = { ...(trick === undefined ? {} : { token: trick }), expect };
  const known = typeof args === "object" && args !== null && !Array.isArray(args);
  const command = known ? (args as Readonly<Record<string, unknown>>)["command"] : undefined;
  const step: Step =
    toolName === "bash" && typeof command === "string" && Object.keys(args as object).length === 1
      ? { bash: command, ...more }
      : { tool: toolName ?? "bash", args: known ? args : {}, ...more };
  return { steps: { attack: [step] }, missing: known ? [] : ["the ledger has erased the arguments: fill them in"] };
}

function gateSteps({ data, artifacts, reasons }: RecordedDenial): Rebuilt {
  const [finding] = (data["findings"] ?? []) as readonly { readonly check: string }[];
  const expect = { status: 200, finding: finding?.check ?? reasons[0]?.code ?? "gate_blocked" };
  const given = Object.keys(artifacts).length === 0 ? {} : { artifacts };
  const to = data["to"];
  const step: Step = typeof to === "string" ? { transition: to, ...given, expect } : { complete: artifacts, expect };
  return {
    steps: { attack: [step] },
    missing: ["what the task's files were is not in the ledger: make them so in `setup`"],
  };
}

function outsideSteps({ data }: RecordedDenial): Rebuilt {
  const paths = (data["paths"] ?? []) as readonly string[];
  const query = "GET /events?task_id={task}&type=violation.detected";
  return {
    steps: {
      setup: paths.map((path) => ({ outside: path, content: "changed past the server\n" })),
      attack: [{ bash: "true" }, { http: query, as: "operator", expect: { status: 200, shows: ["changed_outside"] } }],
      outcome: "detected",
      may_change: [...paths],
    },
    missing: ["what was written is not in the ledger"],
  };
}

function refusedSteps({ data, reasons }: RecordedDenial): Rebuilt {
  const command = commandOf(data);
  const code = reasons[0]?.code;
  const trick = code === undefined ? undefined : tricks[code];
  const missing = ["the ledger keeps no body of such a request: fill it in"];
  const shown = { ...(trick === undefined ? {} : { token: trick }), expect: refusal(code) };
  if (command === "call_tool") {
    return { steps: { attack: [{ tool: "read_files", args: { path: "README.md" }, ...shown }] }, missing };
  }
  const http = requests[command] ?? "POST /tasks/{task}/token";
  const body = command === "claim" ? { agent_id: "agent-1", task_id: "{task}" } : { phase_token: "{token}" };
  return { steps: { attack: [{ http, body, ...shown }] }, missing };
}

function commandOf(data: RecordedDenial["data"]): string {
  return typeof data["command"] === "string" ? data["command"] : "";
}

function refusal(code: ReasonCode | undefined): NonNullable<Step["expect"]> {
  return code === undefined ? { status: 403 } : { status: errorRegistry[code].status, code };
}

/** The request behind a command of the engine. */
const requests: Readonly<Record<string, string>> = {
  claim: "POST /tasks/claim",
  renew: "POST /tasks/{task}/token",
  release: "POST /tasks/{task}/release",
  fail: "POST /tasks/{task}/fail",
  request_transition: "POST /tasks/transition",
  cancel: "POST /tasks/{task}/cancel",
  reassign: "POST /tasks/{task}/reassign",
  reopen: "POST /tasks/{task}/reopen",
  override: "POST /tasks/{task}/override",
  record_blocker: "POST /tasks/{task}/blockers",
  grant_approval: "POST /approvals/{approval}/grant",
  deny_approval: "POST /approvals/{approval}/deny",
  submit_review: "POST /reviews/{task}",
  sync: "POST /tasks/{task}/sync",
};

/** The token that is refused so. */
const tricks: Partial<Record<ReasonCode, TokenTrick>> = {
  token_superseded: "previous",
  token_revoked: "previous",
  token_malformed: "garbage",
  token_wrong_task: "other_task",
};

/** The row of the list of known ways that a refusal is most often about. */
function classOf({ type, data, reasons }: RecordedDenial): string {
  if (type === "gate.blocked") return "F1";
  if (data["kind"] === "changed_outside") return "F8";
  const code = reasons[0]?.code;
  return (code === undefined ? undefined : classes[code]) ?? "A1";
}

const classes: Partial<Record<ReasonCode, string>> = {
  command_not_allowed: "A4",
  tool_not_allowed: "A11",
  tool_not_available: "A11",
  path_outside_workspace: "A12",
  path_invalid: "A12",
  path_protected: "A13",
  unsupported_entry: "A17",
  token_superseded: "D1",
  token_revoked: "D1",
  token_expired: "D1",
  token_wrong_task: "D2",
  token_malformed: "D3",
  agent_id_mismatch: "D5",
  task_not_claimable: "D7",
  self_approval: "E2",
  approval_digest_mismatch: "E3",
  approval_not_open: "E4",
  forbidden: "E5",
  self_review: "E6",
  no_such_transition: "F1",
  stale_phase: "F1",
};

/** Ids of tasks become placeholders; home folders lose their owner's name. */
function withoutIdentities<Value>(value: Value, taskId: string): Value {
  const text = JSON.stringify(value)
    .replaceAll(taskId, "{task}")
    .replaceAll(/task_[0-9A-Za-z]{20,64}/g, "{other_task}")
    .replaceAll(/\/(home|Users)\/[^/"'\s\\]+/g, "/$1/user");
  return JSON.parse(text) as Value;
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ").slice(0, 300);
}
