import { type TSchema, Type } from "typebox";

function text(defaultValue: string, description: string) {
  return Type.String({ minLength: 1, maxLength: 4_096, default: defaultValue, description });
}
function optionalText(description: string) {
  return Type.Union([Type.String({ minLength: 1, maxLength: 4_096 }), Type.Null()], { default: null, description });
}
function whole(defaultValue: number, minimum: number, maximum: number, description: string) {
  return Type.Integer({ minimum, maximum, default: defaultValue, description });
}
function flag(defaultValue: boolean, description: string) {
  return Type.Boolean({ default: defaultValue, description });
}
function choice<const Value extends string>(defaultValue: Value, values: readonly Value[], description: string) {
  return Type.Enum<Value[]>([...values], { default: defaultValue, description });
}
function section<Properties extends Record<string, TSchema>>(properties: Properties) {
  return Type.Object(properties, { additionalProperties: false });
}

const Webhook = Type.Object(
  {
    url: Type.String({ minLength: 1, maxLength: 2_048 }),
    types: Type.Optional(Type.Array(Type.String({ maxLength: 100 }), { maxItems: 50 })),
    secret_env_var: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
  },
  { additionalProperties: false },
);

/**
 * Every setting with its default, range and description: the one source of validation, of the environment names
 * and of docs/reference/configuration.md.
 */
export const ConfigSchema = section({
  workflow: section({
    file: text("agent_workflow.yaml", "The workflow of tasks that name none. Relative to the working directory."),
    dir: optionalText("Folder of further workflows, chosen for each task by the operator."),
  }),
  server: section({
    host: text("127.0.0.1", "Address to listen on. Any but loopback needs `security.auth: keys`."),
    port: whole(8_000, 0, 65_535, "Port to listen on; 0 takes a free one."),
    timeout_seconds: whole(30, 1, 3_600, "A request that takes longer is answered `timed_out` and grants nothing."),
    transition_wait_seconds: whole(
      60,
      0,
      3_600,
      "How long a transition waits for evidence before it answers `evidence_running`.",
    ),
    body_limit_bytes: whole(10_485_760, 1_024, 104_857_600, "Largest request body."),
    max_concurrent_requests: whole(512, 1, 100_000, "Requests in work at once; more are answered `overloaded`."),
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
    url: optionalText("`postgres://` for many instances, `memory:` for tests; null: SQLite in the data directory."),
    durability: choice(
      "full",
      ["full", "normal"],
      "`normal` may lose the last decisions when the machine loses power.",
    ),
  }),
  tasks: section({
    ad_hoc_claims: flag(false, "A claim that finds an empty queue makes a fresh task."),
    lease_seconds: whole(300, 5, 86_400, "A holder that is silent for longer loses the task."),
  }),
  events: section({
    max_history: whole(10_000, 1, 1_000_000, "Events that one read of the history may go back over."),
    webhooks: Type.Array(Webhook, { maxItems: 100, default: [], description: "Receivers of events." }),
  }),
  audit: section({
    export_file: optionalText("File that every entry is also written to, one JSON object a line."),
    rotate_size_mb: whole(100, 1, 100_000, "Size at which the export file is rotated."),
    payload_days: whole(90, 1, 36_500, "Days that bodies of arguments and results are kept."),
  }),
  retry: section({
    max_attempts: whole(3, 1, 100, "Attempts of a job before it is given up."),
    initial_delay_ms: whole(100, 1, 600_000, "Wait before the second attempt."),
    max_delay_ms: whole(30_000, 1, 3_600_000, "Longest wait between attempts."),
    exponential_base: Type.Number({ minimum: 1, maximum: 10, default: 2, description: "Growth of the wait." }),
    jitter: flag(true, "Spread the waits at random."),
  }),
  circuit_breaker: section({
    failure_threshold: whole(5, 1, 1_000, "Failures in a row that open the circuit to an outside system."),
    success_threshold: whole(2, 1, 1_000, "Successes that close it again."),
    timeout_seconds: whole(30, 1, 3_600, "Time before an open circuit is tried again."),
    half_open_max_calls: whole(1, 1, 1_000, "Calls let through while it is tried."),
  }),
  logging: section({
    level: choice("info", ["trace", "debug", "info", "warn", "error", "silent"], "Least level that is logged."),
    format: choice("json", ["json", "pretty"], "One JSON object a line, or lines for people."),
    file: optionalText("File to log to as well."),
    console: flag(true, "Log to standard error."),
  }),
  runner: section({
    sandbox: choice(
      "auto",
      ["auto", "required", "off"],
      "`required` refuses to start where the sandbox does not hold.",
    ),
    workspaces_dir: optionalText("Where workspaces are. Default: `workspaces` in the data directory."),
    max_concurrent_runs: whole(4, 1, 256, "Commands and evidence runs at once."),
  }),
  telemetry: section({
    metrics: flag(true, "Serve `/metrics`."),
    otlp_endpoint: optionalText("Where traces are sent."),
  }),
});
