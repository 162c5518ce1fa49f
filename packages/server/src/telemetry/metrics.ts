import type { TaskState } from "@phasegate/engine";
import type { LedgerObserver } from "@phasegate/ledger";
import { findCheck, findTool, triggerActions } from "@phasegate/workflow";
import { isEvent, type StoredEvent } from "@phasegate/wire";
import { BoundedLabel, otherValue } from "./bounded-label.ts";
import { Instruments } from "./instruments.ts";

/** The figures of one server, for `/metrics`. What each is called stands in `metric-table.ts`. */
export interface Metrics {
  readonly contentType: string;
  readonly instruments: Instruments;
  text(): Promise<string>;
  answered(operationId: string, status: number, seconds: number): void;
  /** A request that was refused before any use case ran; these are counted, not ledgered. */
  rejected(code: string): void;
  /** A decision on a task that was recorded. */
  decided(decision: DecisionLabels): void;
  /** Events of one task that were recorded, and the task after them. */
  recorded(events: readonly StoredEvent[], task: TaskState): void;
  /** A token that does not verify: refused before the engine decides. */
  tokenRefused(code: string): void;
  /** A job began so long after it was due. */
  jobBegan(kind: string, waitSeconds: number): void;
  jobFailed(kind: string): void;
  evidenceRan(run: { readonly purpose: string; readonly status: string; readonly seconds: number }): void;
  /** Bodies that were erased, and why. */
  erased(why: "retention" | "request"): void;
  exportFailed(): void;
  /** Hears of the ledger's work. */
  readonly ledger: LedgerObserver;
  /** Reads the number of requests in work whenever the figures are asked for. */
  watchInFlight(read: () => number): void;
}

/** What a decision is counted by. Commands, effects and codes are of closed lists; tools, phases and rules are bounded here. */
export interface DecisionLabels {
  readonly command: string;
  readonly effect: string;
  /** Of the first reason; null where there is none. */
  readonly code: string | null;
  /** Null for commands that call no tool. */
  readonly tool: string | null;
  readonly phase: string;
  /** Of the first reason, `file:line:column`; null where no line of a workflow decided. */
  readonly rule: string | null;
}

const triggerStatuses = ["done", "failed"] as const;

export function createMetrics(): Metrics {
  const instruments = new Instruments();
  const phases = new BoundedLabel();
  const rules = new BoundedLabel();
  for (const action of [...triggerActions, otherValue]) {
    for (const status of triggerStatuses) instruments.begin("triggers", { action, status });
  }
  return {
    contentType: instruments.registry.contentType,
    instruments,
    text: () => instruments.registry.metrics(),
    answered(operation, status, seconds) {
      instruments.count("httpRequests", { operation, status: String(status) });
      instruments.observe("httpSeconds", { operation }, seconds);
    },
    rejected: (code) => instruments.count("httpRejected", { code }),
    decided({ command, effect, code, tool, phase, rule }) {
      instruments.count("decisions", {
        command,
        effect,
        code: code ?? "",
        tool: tool === null ? "" : knownTool(tool),
        phase: phases.of(phase),
        rule: rule === null ? "" : rules.of(rule),
      });
      if (code !== null && isTokenFailure(code)) instruments.count("tokenFailures", { code });
    },
    recorded(events, task) {
      for (const event of events) countEvent(instruments, phases, event, task);
    },
    tokenRefused(code) {
      if (isTokenFailure(code)) instruments.count("tokenFailures", { code });
    },
    jobBegan: (kind, waitSeconds) => instruments.observe("jobWaitSeconds", { kind }, Math.max(0, waitSeconds)),
    jobFailed: (kind) => instruments.count("jobFailures", { kind }),
    evidenceRan: ({ purpose, status, seconds }) => instruments.observe("evidenceSeconds", { purpose, status }, seconds),
    erased: (why) => instruments.count("payloadsErased", { why }),
    exportFailed: () => instruments.count("exportFailures", {}),
    ledger: {
      appended: (seconds) => instruments.observe("appendSeconds", {}, seconds),
      committed({ operations, commitSeconds }) {
        instruments.observe("groupSize", {}, operations);
        instruments.observe("commitSeconds", {}, commitSeconds);
      },
    },
    watchInFlight(read) {
      instruments.read("httpInFlight", () => [{ labels: {}, value: read() }]);
    },
  };
}

function countEvent(instruments: Instruments, phases: BoundedLabel, event: StoredEvent, task: TaskState): void {
  if (isEvent(event, "tool.executed") || isEvent(event, "tool.rolled_back")) {
    const { tool_name: name, duration_ms: ms } = event.data;
    instruments.observe("toolSeconds", { tool: knownTool(name) }, ms / 1_000);
  } else if (isEvent(event, "trigger.executed")) {
    const { action, status } = event.data;
    instruments.count("triggers", { action: triggerActions.includes(action) ? action : otherValue, status });
  } else if (isEvent(event, "phase.timed_out")) {
    instruments.count("phaseTimeouts", { phase: phases.of(event.data.phase), action: event.data.action });
  } else if (isEvent(event, "gate.passed")) {
    instruments.count("gates", { phase: phases.of(event.data.from), outcome: "passed" });
  } else if (isEvent(event, "gate.blocked")) {
    const phase = phases.of(event.data.from);
    instruments.count("gates", { phase, outcome: event.data.would_deny ? "would_block" : "blocked" });
    for (const { check, severity } of event.data.findings) {
      if (severity !== "blocking") continue;
      instruments.count("gateFindings", { phase, check: findCheck(check) === null ? otherValue : check });
    }
  } else if (isEvent(event, "task.transitioned") || isEvent(event, "task.completed")) {
    const left = isEvent(event, "task.transitioned") ? event.data.from : event.data.phase;
    const stay = task.history.findLast((one) => one.phase === left && one.leftAt !== null);
    const seconds = stay ? secondsBetween(stay.enteredAt, event.at) : null;
    if (seconds !== null) instruments.observe("phaseSeconds", { phase: phases.of(left) }, seconds);
  } else if (isEvent(event, "task.claimed") && event.data.epoch === 1) {
    const seconds = secondsBetween(task.createdAt, event.at);
    if (seconds !== null) instruments.observe("taskWaitSeconds", {}, seconds);
  }
}

/** Null where a clock was put back, which says nothing about time. */
function secondsBetween(from: string, to: string): number | null {
  const seconds = (Date.parse(to) - Date.parse(from)) / 1_000;
  return seconds >= 0 ? seconds : null;
}

/** Errors of the wire's registry that speak of the token. */
function isTokenFailure(code: string): boolean {
  return code.startsWith("token_");
}

function knownTool(name: string): string {
  return findTool(name) === null ? otherValue : name;
}
