/** One metric: what it is called, what it says, and by what it is counted. */
export interface MetricDefinition {
  readonly name: string;
  readonly type: "counter" | "gauge" | "histogram";
  readonly help: string;
  /** What the values of each label are taken from: always a list that ends, whatever callers send. */
  readonly labels: Readonly<Record<string, string>>;
  /** Of a histogram: upper bounds, in the unit that the name ends with. */
  readonly buckets?: readonly number[];
}

/** Phases and gates come from workflow files: the first so many values are counted apart, the rest share `other`. */
export const maxLabelValues = 100;

const inMilliseconds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5];
const inSeconds = [0.01, 0.05, 0.25, 1, 5, 15, 60, 300, 1_800];
const inHours = [1, 10, 60, 300, 1_800, 7_200, 28_800, 86_400, 604_800];

const phase = `a phase of a workflow; after the first ${maxLabelValues} names \`other\``;
const tool = "a tool of docs/reference/tools.md, empty where none is called, else `other`";

/**
 * Every metric of the server beside those of its process: the one source of the code's registry, of
 * docs/reference/metrics.md, and of what dashboards and alerts may name.
 */
export const metricTable = {
  decisions: {
    name: "phasegate_decisions_total",
    type: "counter",
    help: "Recorded decisions; `code` and `rule` are those of the first reason; `phase` is the one that the task is in after it.",
    labels: {
      command: "a command of the engine",
      effect: "`allow`, `deny`, `pending` while facts or people are awaited",
      code: "an error code or empty",
      tool,
      phase,
      rule: `the \`file:line:column\` of a workflow that decided, empty where none did; after the first ${maxLabelValues} \`other\``,
    },
  },
  gates: {
    name: "phasegate_gates_total",
    type: "counter",
    help: "Judged gates. `would_block`: blocked under an advisory or permissive mode.",
    labels: { phase, outcome: "`passed`, `blocked`, `would_block`" },
  },
  gateFindings: {
    name: "phasegate_gate_blocking_findings_total",
    type: "counter",
    help: "Blocking findings of gates that did not pass, by the check that made them.",
    labels: { phase, check: "a check of docs/reference/checks.md, else `other`" },
  },
  triggers: {
    name: "phasegate_triggers_total",
    type: "counter",
    help: "Triggers of transitions that were carried out, or given up; shown from 0 on.",
    labels: { action: "an action of `triggers`, else `other`", status: "`done`, `failed`" },
  },
  phaseTimeouts: {
    name: "phasegate_phase_timeouts_total",
    type: "counter",
    help: "Stays that lasted longer than their phase allows, by what followed.",
    labels: { phase, action: "`escalate`, `fail`, `reopen`" },
  },
  phaseSeconds: {
    name: "phasegate_phase_seconds",
    type: "histogram",
    help: "Time that tasks stayed in a phase, from entry to the transition out of it.",
    labels: { phase },
    buckets: inHours,
  },
  taskWaitSeconds: {
    name: "phasegate_task_wait_seconds",
    type: "histogram",
    help: "Time from the creation of a task to its first claim.",
    labels: {},
    buckets: inHours,
  },
  tasks: {
    name: "phasegate_tasks",
    type: "gauge",
    help: "Open tasks by status, counted up to 10,000 each.",
    labels: { status: "`waiting`, `ready`, `active`, `deciding`, `awaiting_approval`" },
  },
  jobs: {
    name: "phasegate_jobs",
    type: "gauge",
    help: "Jobs that are not done, waiting for their time or a place or running; the first 10,000 are counted.",
    labels: { kind: "a kind of job" },
  },
  jobWaitSeconds: {
    name: "phasegate_job_wait_seconds",
    type: "histogram",
    help: "Time from the moment at which a job was due to its start.",
    labels: { kind: "a kind of job" },
    buckets: inSeconds,
  },
  jobFailures: {
    name: "phasegate_job_failures_total",
    type: "counter",
    help: "Attempts of jobs that failed.",
    labels: { kind: "a kind of job" },
  },
  toolSeconds: {
    name: "phasegate_tool_seconds",
    type: "histogram",
    help: "Time that tools ran, as their events say.",
    labels: { tool },
    buckets: inSeconds,
  },
  evidenceSeconds: {
    name: "phasegate_evidence_seconds",
    type: "histogram",
    help: "Time that evidence runs took, with their wait for a place.",
    labels: {
      purpose: "`base`, `red`, `red_again`, `current`, `base_tests`, `command`, `tool`",
      status: "how the run ended",
    },
    buckets: inSeconds,
  },
  appendSeconds: {
    name: "phasegate_ledger_append_seconds",
    type: "histogram",
    help: "Time of an append from the call to the durable answer.",
    labels: {},
    buckets: inMilliseconds,
  },
  commitSeconds: {
    name: "phasegate_ledger_commit_seconds",
    type: "histogram",
    help: "Time of the commit of a group alone, which is that of its fsync where `storage.durability` is `full`.",
    labels: {},
    buckets: inMilliseconds,
  },
  groupSize: {
    name: "phasegate_ledger_group_size",
    type: "histogram",
    help: "Operations that shared a commit.",
    labels: {},
    buckets: [1, 2, 4, 8, 16, 32, 64, 128, 512],
  },
  ledgerPosition: {
    name: "phasegate_ledger_position",
    type: "gauge",
    help: "Position of the last event.",
    labels: {},
  },
  tokenFailures: {
    name: "phasegate_token_failures_total",
    type: "counter",
    help: "Phase tokens that were refused, on tasks that exist.",
    labels: { code: "an error code that begins with `token_`" },
  },
  breakers: {
    name: "phasegate_breaker_state",
    type: "gauge",
    help: "1 for the state that a circuit breaker is in, 0 for the others.",
    labels: { name: "an outside system of the configuration", state: "`CLOSED`, `OPEN`, `HALF_OPEN`" },
  },
  runnerSlots: {
    name: "phasegate_runner_slots",
    type: "gauge",
    help: "Evidence runs: under way, waiting for a place, and places in all.",
    labels: { state: "`busy`, `waiting`, `limit`" },
  },
  eventReaders: {
    name: "phasegate_event_readers",
    type: "gauge",
    help: "Readers that follow the ledger.",
    labels: { reader: "`stream`, `socket`, `webhook`, `bus`, `export`, `server`" },
  },
  eventLag: {
    name: "phasegate_event_lag",
    type: "gauge",
    help: "Events that the reader furthest behind has yet to be given.",
    labels: { reader: "as above" },
  },
  webhookLag: {
    name: "phasegate_webhook_lag",
    type: "gauge",
    help: "Events from the last that a receiver took to the last of the ledger.",
    labels: { webhook: "a receiver of the configuration" },
  },
  webhookOutstanding: {
    name: "phasegate_webhook_outstanding",
    type: "gauge",
    help: "Events that were read for a receiver and are not taken yet.",
    labels: { webhook: "a receiver of the configuration" },
  },
  exportPosition: {
    name: "phasegate_audit_export_position",
    type: "gauge",
    help: "Position up to which `audit.export_file` holds the ledger; absent when there is none.",
    labels: {},
  },
  exportFailing: {
    name: "phasegate_audit_export_failing",
    type: "gauge",
    help: "1 while the audit export cannot be written; absent when there is none.",
    labels: {},
  },
  exportFailures: {
    name: "phasegate_audit_export_failures_total",
    type: "counter",
    help: "Attempts to write the audit export that failed.",
    labels: {},
  },
  payloadsErased: {
    name: "phasegate_payloads_erased_total",
    type: "counter",
    help: "Bodies of arguments, results and artifacts that were erased.",
    labels: { why: "`retention`, `request`" },
  },
  httpRequests: {
    name: "phasegate_http_requests_total",
    type: "counter",
    help: "Answers to admitted requests, by operation and status; the others are in `phasegate_http_rejected_total`.",
    labels: { operation: "an `operationId` of the API", status: "a status" },
  },
  httpSeconds: {
    name: "phasegate_http_request_seconds",
    type: "histogram",
    help: "Time from the headers to the answer.",
    labels: { operation: "an `operationId` of the API" },
    buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10, 60],
  },
  httpRejected: {
    name: "phasegate_http_rejected_total",
    type: "counter",
    help: "Requests refused before a decision; these are counted, not ledgered.",
    labels: { code: "an error code" },
  },
  httpInFlight: {
    name: "phasegate_http_requests_in_flight",
    type: "gauge",
    help: "Requests in work.",
    labels: {},
  },
} as const satisfies Readonly<Record<string, MetricDefinition>>;

export type MetricKey = keyof typeof metricTable;

/** Keys of one type of metric. */
export type KeyOf<Type extends MetricDefinition["type"]> = {
  [Key in MetricKey]: (typeof metricTable)[Key]["type"] extends Type ? Key : never;
}[MetricKey];

export type LabelsOf<Key extends MetricKey> = { readonly [Label in keyof (typeof metricTable)[Key]["labels"]]: string };
