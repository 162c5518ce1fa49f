import { type TSchema, Type } from "typebox";

/** When a change of a setting counts: at once, or at the next start. */
export type ConfigEffect = "runtime" | "restart";

interface Marks {
  readonly effect?: ConfigEffect;
}

/** For settings that are read anew each time they are used. The others count at the next start. */
const runtime: Marks = { effect: "runtime" };

function text(defaultValue: string, description: string) {
  return Type.String({ minLength: 1, maxLength: 4_096, default: defaultValue, description });
}
function optionalText(description: string) {
  return Type.Union([Type.String({ minLength: 1, maxLength: 4_096 }), Type.Null()], { default: null, description });
}
function whole(defaultValue: number, minimum: number, maximum: number, description: string, marks: Marks = {}) {
  return Type.Integer({ minimum, maximum, default: defaultValue, description, ...marks });
}
function optionalWhole(minimum: number, maximum: number, description: string, marks: Marks = {}) {
  return Type.Union([Type.Integer({ minimum, maximum }), Type.Null()], { default: null, description, ...marks });
}
function flag(defaultValue: boolean, description: string, marks: Marks = {}) {
  return Type.Boolean({ default: defaultValue, description, ...marks });
}
function choice<const Value extends string>(
  defaultValue: Value,
  values: readonly Value[],
  description: string,
  marks: Marks = {},
) {
  return Type.Enum<Value[]>([...values], { default: defaultValue, description, ...marks });
}
function section<Properties extends Record<string, TSchema>>(properties: Properties) {
  return Type.Object(properties, { additionalProperties: false });
}

const Webhook = Type.Object(
  {
    /** In answers, dead letters and breakers; the position is kept under it. */
    name: Type.Optional(Type.String({ pattern: "^[a-z0-9][a-z0-9._-]{0,62}$" })),
    url: Type.String({ minLength: 1, maxLength: 2_048 }),
    types: Type.Optional(Type.Array(Type.String({ maxLength: 100 }), { maxItems: 50 })),
    /** Environment variable of the secret that messages are signed with. */
    secret_env_var: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
    timeout_seconds: Type.Optional(Type.Integer({ minimum: 1, maximum: 60 })),
    /** Attempts for one event, while the receiver takes others, before it is a dead letter. */
    max_attempts: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
  },
  { additionalProperties: false },
);

/**
 * Every setting with its default, range, effect and description: the one source of validation, of the environment
 * names, of docs/reference/configuration.md and of the editors' docs/reference/phasegate.schema.json.
 */
export const ConfigSchema = section({
  workflow: section({
    file: text("agent_workflow.yaml", "The workflow of tasks that name none. Relative to the working directory."),
    dir: optionalText("Folder of further workflows, chosen for each task by the operator."),
  }),
  server: section({
    host: text("127.0.0.1", "Address to listen on. Any but loopback needs `security.auth: keys`."),
    port: whole(8_000, 0, 65_535, "Port to listen on; 0 takes a free one."),
    timeout_seconds: whole(
      30,
      1,
      3_600,
      "A request that takes longer is answered `timed_out` and grants nothing.",
      runtime,
    ),
    transition_wait_seconds: whole(
      60,
      0,
      3_600,
      "How long a transition waits for evidence before it answers `evidence_running`.",
      runtime,
    ),
    body_limit_bytes: whole(10_485_760, 1_024, 104_857_600, "Largest request body."),
    max_concurrent_requests: whole(
      512,
      1,
      100_000,
      "Requests in work at once; more are answered `overloaded`.",
      runtime,
    ),
    max_connections: whole(4_096, 1, 100_000, "Connections open at once; more are closed."),
    max_connections_per_address: whole(1_024, 1, 100_000, "Connections from one address; more are closed."),
  }),
  security: section({
    auth: choice("keys", ["keys", "open"], "`open`, on loopback only, frees the agents' calls from the API key."),
    token_expiry_seconds: whole(3_600, 10, 86_400, "Life of a phase token."),
    max_token_age_seconds: whole(86_400, 10, 604_800, "A phase token older than this is refused whatever it says."),
    require_token_rotation: flag(true, "A transition always issues a new token."),
    jwt_secret_env_var: Type.String({
      pattern: "^[A-Za-z_][A-Za-z0-9_]{0,199}$",
      default: "PHASEGATE_JWT_SECRET",
      description: "Environment variable of a secret of 32 bytes or more; when it is set, phase tokens are HS256.",
    }),
  }),
  storage: section({
    data_dir: optionalText("Keys, ledger and workspaces. Default: `$XDG_DATA_HOME/phasegate/<project>`."),
    url: optionalText(
      "Null: SQLite in the data directory; `memory:` keeps nothing past the end, for trials. No other back end is there yet.",
    ),
    durability: choice(
      "full",
      ["full", "normal"],
      "`normal` may lose the last decisions when the machine loses power.",
    ),
  }),
  tasks: section({
    ad_hoc_claims: flag(false, "A claim that finds an empty queue makes a fresh task.", runtime),
    max_held_per_agent: whole(
      64,
      1,
      100_000,
      "Tasks that one agent holds at once; a further claim is refused.",
      runtime,
    ),
    lease_seconds: whole(300, 5, 86_400, "A holder that is silent for longer loses the task.", runtime),
  }),
  events: section({
    max_history: whole(
      10_000,
      1,
      1_000_000,
      "Events that `history` of the event bus keeps in memory, as long as they take 16 MiB or less.",
    ),
    webhooks: Type.Array(Webhook, { maxItems: 100, default: [], description: "Receivers of events." }),
  }),
  audit: section({
    export_file: optionalText("File that every event is also written to, one JSON object a line, with a manifest."),
    rotate_size_mb: whole(100, 1, 100_000, "Size at which the export file is rotated."),
    payload_days: whole(
      90,
      1,
      36_500,
      "Days that bodies of arguments, results and artifacts are kept after the end of their task.",
    ),
  }),
  retry: section({
    max_attempts: whole(3, 1, 100, "Attempts of a job before it is given up.", runtime),
    initial_delay_ms: whole(100, 1, 600_000, "Wait before the second attempt.", runtime),
    max_delay_ms: whole(30_000, 1, 3_600_000, "Longest wait between attempts.", runtime),
    exponential_base: Type.Number({
      minimum: 1,
      maximum: 10,
      default: 2,
      description: "Growth of the wait.",
      ...runtime,
    }),
    jitter: flag(true, "Spread the waits at random.", runtime),
  }),
  circuit_breaker: section({
    failure_threshold: whole(5, 1, 1_000, "Failures in a row that open the circuit to an outside system."),
    success_threshold: whole(2, 1, 1_000, "Successes that close it again."),
    timeout_seconds: whole(30, 1, 3_600, "Time before an open circuit is tried again."),
    half_open_max_calls: whole(1, 1, 1_000, "Calls let through while it is tried."),
    slow_call_seconds: optionalWhole(
      1,
      3_600,
      "A call that takes longer is slow; where it is not set, slow calls open no circuit.",
    ),
    slow_call_percent: whole(
      50,
      1,
      100,
      "So many of the last 20 calls in a hundred open the circuit when they were slow.",
    ),
  }),
  logging: section({
    level: choice(
      "info",
      ["trace", "debug", "info", "warn", "error", "silent"],
      "Least level that is logged; at `debug` each answer and each decision is a line.",
      runtime,
    ),
    format: choice("json", ["json", "pretty"], "One JSON object a line, or lines for people."),
    file: optionalText("File to log to as well."),
    console: flag(true, "Log to standard error."),
  }),
  health: section({
    min_free_disk_mb: whole(256, 0, 10_000_000, "Less free space for data or workspaces: not ready.", runtime),
    max_clock_jump_seconds: whole(
      10,
      1,
      86_400,
      "A jump of the wall clock past this is logged, and the server is not ready for half a minute.",
      runtime,
    ),
    max_event_loop_delay_ms: whole(2_000, 10, 60_000, "Further behind than this: requests are sent away.", runtime),
    max_heap_used_mb: optionalWhole(
      16,
      1_000_000,
      "More heap than this in use: requests are sent away. Default: nine tenths of what the process may have.",
      runtime,
    ),
    max_rss_mb: optionalWhole(16, 1_000_000, "More memory in all than this: requests are sent away.", runtime),
  }),
  runner: section({
    sandbox: choice(
      "auto",
      ["auto", "required", "off"],
      "`required` refuses to start where the sandbox does not hold.",
    ),
    workspaces_dir: optionalText("Where workspaces are. Default: `workspaces` in the data directory."),
    max_concurrent_runs: whole(4, 1, 256, "Evidence runs at once; the tasks that wait take turns."),
    setup_hosts: Type.Array(Type.String({ pattern: "^[^\\s/@?#]{1,255}$" }), {
      maxItems: 100,
      default: [],
      description:
        "`host` or `host:port` of registries that `workspace.setup` may reach although they have private addresses or other ports than 80 and 443.",
    }),
    max_memory_mb: whole(4_096, 64, 1_048_576, "Memory of one command with all its processes."),
    max_processes: whole(512, 16, 100_000, "Processes and threads of one command."),
    max_cpu_seconds: whole(3_600, 1, 1_000_000, "Processor time of one command with all its processes."),
    max_open_files: whole(4_096, 64, 1_000_000, "Files that one process of a command may have open."),
    max_file_mb: whole(1_024, 1, 1_048_576, "Size of any one file that a command writes."),
    max_output_kb: whole(256, 4, 65_536, "Kept of each of a command's two outputs: its first and its last half."),
    max_printed_mb: whole(64, 1, 1_048_576, "A command that prints more than this is ended."),
    command_niceness: whole(
      10,
      0,
      19,
      "Niceness of commands where no control group keeps their share of the processors.",
    ),
    max_call_mb: whole(
      256,
      1,
      4_096,
      "Size of the files that one call adds to the tree or changes in it; past it they are removed unread.",
    ),
    max_workspace_mb: whole(
      8_192,
      16,
      100_000_000,
      "Disk that one workspace takes, ignored files and `.git` included.",
    ),
    max_workspace_entries: whole(1_000_000, 1_000, 100_000_000, "Files and directories of one workspace, in all."),
    max_versions_mb: whole(
      8_192,
      16,
      100_000_000,
      "Disk that the versions of one task's files take which the server keeps; past it calls that store more are refused.",
    ),
    max_layers_mb: whole(
      16_384,
      16,
      100_000_000,
      "Disk that what `workspace.setup` made takes, for all tasks; past it what was used least recently goes.",
    ),
    min_free_mb: whole(512, 0, 100_000_000, "Free disk below which nothing that writes is begun: `disk_space_low`."),
    keep_ended_workspaces_hours: whole(168, 0, 87_600, "How long the workspace of a task that ended stays."),
    keep_unused_contents_hours: whole(24, 1, 87_600, "How long stored contents stay that no task needs any more."),
  }),
  telemetry: section({
    metrics: flag(true, "Serve `/metrics`."),
    otlp_endpoint: optionalText("Collector that traces are sent to, over OTLP/HTTP; null: none."),
  }),
});
