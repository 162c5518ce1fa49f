import { assuranceLevels, severities, timeoutActions } from "@phasegate/wire";
import { Type, type TSchema } from "typebox";

// One table of shapes for three readers: the loader (`checkShape`), editors (docs/reference/agent_workflow.schema.json)
// and people. What a shape cannot say (names of checks, tools, phases) is judged after expansion.

const Text = Type.String({ maxLength: 4000 });
const Name = Type.String({ minLength: 1, maxLength: 200 });
const Texts = Type.Array(Name, { maxItems: 1000 });
const Seconds = Type.Integer({ minimum: 1, maximum: 31_536_000 });
const oneOf = (values: readonly string[], description?: string): TSchema =>
  Type.Enum([...values], description ? { description } : {});
const strict = (properties: Record<string, TSchema>, required: readonly string[], description: string): TSchema =>
  Type.Object(
    Object.fromEntries(
      Object.entries(properties).map(([key, schema]) => [key, required.includes(key) ? schema : Type.Optional(schema)]),
    ),
    { additionalProperties: false, description },
  );
const anyMap = (description: string): TSchema => Type.Object({}, { additionalProperties: true, description });

/** The modes, with `audit`, which is read as `advisory`. */
const modeNames = ["strict", "permissive", "advisory", "audit"] as const;
const gateTypes = ["approval", "validation", "review", "command", "external"] as const;
export const triggerActions: readonly string[] = [
  "spawn_review_agents",
  "notify_human",
  "notify_orchestrator",
  "update_prd_state",
  "webhook",
  "command",
  "spawn_task",
  "retry",
  "escalate",
  "escalate_to_human",
];
const evidenceFormats = ["junit", "tap", "jest-json", "go-json", "cargo", "unittest", "exit-code"] as const;
export const evidencePresetNames = [
  "vitest",
  "jest",
  "node",
  "pytest",
  "unittest",
  "go",
  "cargo",
  "tap",
  "junit",
  "exit-code",
] as const;

const Patterns = Type.Array(Name, {
  maxItems: 1000,
  description: "globs from the root of the workspace; `$name` for a set of `paths`; `file.json#/pointer` for a place",
});

/** What may stand beside a check's parameters, wherever a check is written. */
export const checkOptions = {
  severity: Type.Optional(oneOf(severities)),
  message: Type.Optional(Text),
  evidence: Type.Optional(oneOf(["self_reported"], "take the facts from what the agent submitted")),
};

const Check = Type.Object(
  { check: Name, ...checkOptions },
  { additionalProperties: true, description: "a check by name; further keys are its parameters" },
);

const Rule = Type.Object(
  { rule: Name, ...checkOptions },
  { additionalProperties: true, description: "a check on the artifact; further keys are its parameters" },
);

const Artifact = strict(
  { type: Name, schema: Name, description: Text, validation: Type.Array(Rule, { maxItems: 100 }) },
  ["type"],
  "an artifact that must be submitted before the phase is left",
);

const GateTiming = {
  timeout_seconds: Seconds,
  on_timeout: oneOf(timeoutActions),
  auto_advance: Type.Boolean({ description: "no person is needed when the checks pass" }),
};

const Gate = strict(
  {
    id: Name,
    type: oneOf(gateTypes),
    blockers: Type.Array(Check, { maxItems: 100 }),
    approvers: Type.Array(Name, { minItems: 1, maxItems: 50 }),
    approvals_required: Type.Integer({ minimum: 1, maximum: 20 }),
    run: Type.String({ minLength: 1, maxLength: 4000, description: "with `type: command`" }),
    system: Type.String({ minLength: 1, maxLength: 200, description: "with `type: external`" }),
    ...GateTiming,
  },
  ["id"],
  "checks that stand between a phase and the next",
);

const ShortGate = Type.Object(
  Object.fromEntries(Object.entries(GateTiming).map(([key, schema]) => [key, Type.Optional(schema)])),
  { additionalProperties: true, description: "`approval`, `reviews`, or any check by name, with its parameters" },
);

const AutoSpawn = strict(
  { agent_type: Name, models: Texts, parallel: Type.Boolean(), wait_for_completion: Type.Boolean() },
  ["agent_type"],
  "review agents to start when the phase is entered",
);

const Phase = strict(
  {
    id: Type.String({ pattern: "^[A-Za-z][A-Za-z0-9_.-]{0,63}$", description: "letters, digits, `_`, `.`, `-`" }),
    name: Name,
    description: Text,
    tools: Type.Array(Name, { maxItems: 200, description: "tools or groups: read, edit, run" }),
    allowed_tools: Type.Array(Name, { maxItems: 200 }),
    forbidden_tools: Type.Array(Name, { maxItems: 200 }),
    write: Patterns,
    tool_constraints: strict(
      {
        write_files: strict(
          { allowed_patterns: Patterns, forbidden_patterns: Patterns },
          [],
          "older spelling of `write`",
        ),
        bash: strict(
          {
            allowed_commands: Texts,
            forbidden_commands: Texts,
            network: oneOf(["none", "full"]),
            timeout_seconds: Seconds,
          },
          [],
          "what `bash` may run",
        ),
      },
      [],
      "limits on single tools",
    ),
    freeze: Type.Union([
      Patterns,
      strict({ paths: Patterns, may_add: Patterns }, ["paths"], "fixed from the end of this phase"),
    ]),
    artifacts: Type.Array(Type.Union([Name, Artifact]), { maxItems: 100 }),
    required_artifacts: Type.Array(Artifact, { maxItems: 100 }),
    gate: Type.Union([Name, ShortGate, Type.Array(Type.Union([Name, ShortGate]), { maxItems: 100 })]),
    gates: Type.Array(Gate, { maxItems: 100 }),
    rework: Type.Union([Name, Texts]),
    auto_spawn: Type.Array(AutoSpawn, { maxItems: 20 }),
    timeout_seconds: Seconds,
    on_timeout: oneOf(timeoutActions, "when the stay has lasted `timeout_seconds`; default `escalate`"),
  },
  ["id"],
  "a stage of the work: what may be done in it, and what must be shown before it is left",
);

const Transition = strict(
  {
    from: Name,
    to: Name,
    gate: Name,
    kind: oneOf(["forward", "rework"]),
    requires_token: Type.Boolean(),
    triggers: Type.Array(
      strict(
        { action: oneOf(triggerActions), params: anyMap("parameters of the action"), parallel: Type.Boolean() },
        ["action"],
        "done when the transition is granted",
      ),
      { maxItems: 20 },
    ),
  },
  ["from", "to"],
  "a way from one phase to another",
);

const TestEvidence = strict(
  {
    preset: oneOf(evidencePresetNames),
    command: Text,
    prepare: Text,
    format: oneOf(evidenceFormats),
    report: Name,
    cwd: Name,
    env: Type.Record(Type.String(), Text),
    network: oneOf(["none", "full"]),
    timeout_seconds: Seconds,
    retries: Type.Integer({ minimum: 0, maximum: 10 }),
  },
  [],
  "how the tests are run",
);

const Enforcement = strict(
  {
    mode: oneOf(modeNames),
    assurance: oneOf(assuranceLevels),
    phase_tokens: strict(
      {
        enabled: Type.Boolean(),
        algorithm: Name,
        secret_env_var: Name,
        expiry_seconds: Type.Integer({ minimum: 30, maximum: 604_800 }),
        include_claims: Texts,
      },
      [],
      "phase tokens",
    ),
    tool_enforcement: strict(
      {
        enabled: Type.Boolean(),
        violation_action: oneOf(["reject", "warn", "log"]),
        capability_model: oneOf(["deny_by_default"]),
        audit_log: Name,
      },
      [],
      "what happens to a call that the phase does not allow",
    ),
    agent_sdk: anyMap("no effect"),
  },
  [],
  "how strictly the rules are held",
);

const Coordination = strict(
  {
    lease_seconds: Type.Integer({ minimum: 10, maximum: 604_800 }),
    state_access: strict({ mode: Name, snapshot_includes: Texts, mutation_via: Name }, [], "no effect"),
    event_bus: anyMap("no effect"),
    conflict_resolution: anyMap("no effect"),
  },
  [],
  "how agents share the work",
);

const Monitoring = strict(
  { metrics: Texts, export: anyMap("no effect"), alerts: Type.Array(anyMap("no effect"), { maxItems: 100 }) },
  [],
  "no effect",
);

const Recovery = strict(
  {
    agent_crash: strict(
      {
        action: oneOf(["retry"]),
        max_retries: Type.Integer({ minimum: 0 }),
        backoff_seconds: Type.Number({ minimum: 0 }),
      },
      [],
      "when an agent is gone, its task is offered again",
    ),
    orchestrator_crash: anyMap("no effect"),
    gate_timeout: strict(
      { action: oneOf(["escalate", "escalate_to_human", "fail", "reopen"]), preserve_state: Type.Boolean() },
      [],
      "default of `on_timeout`",
    ),
  },
  [],
  "what happens after a failure",
);

/** JSON Schema 2020-12 of the workflow file, short and long form: for editors, and for the loader itself. */
export const workflowFileSchema: TSchema = Type.Object(
  {
    name: Type.Optional(Name),
    version: Type.Optional(Type.Union([Name, Type.Number()])),
    description: Type.Optional(Text),
    extends: Type.Optional(Name),
    paths: Type.Optional(Type.Record(Type.String(), Patterns)),
    workspace: Type.Optional(
      strict(
        {
          repository: Name,
          base: Name,
          setup: Type.Union([Text, strict({ command: Text, inputs: Patterns }, ["command"], "prepares dependencies")]),
          test_patterns: Patterns,
          scratch: Patterns,
          ignore: Patterns,
        },
        [],
        "the repository that tasks work on",
      ),
    ),
    evidence: Type.Optional(
      strict(
        {
          tests: TestEvidence,
          coverage: strict(
            {
              format: oneOf(["lcov"]),
              command: Type.String({ maxLength: 20_000, description: "runs after the tests, whatever came of them" }),
              report: Name,
              minimum: Type.Number({ minimum: 0, maximum: 100 }),
            },
            [],
            "how coverage is read",
          ),
        },
        [],
        "how facts are gathered",
      ),
    ),
    phases: Type.Optional(Type.Array(Phase, { minItems: 1, maxItems: 100, description: "the first is initial" })),
    transitions: Type.Optional(Type.Array(Transition, { maxItems: 1000 })),
    enforcement: Type.Optional(Enforcement),
    coordination: Type.Optional(Coordination),
    monitoring: Type.Optional(Monitoring),
    recovery: Type.Optional(Recovery),
    schemas_dir: Type.Optional(Name),
    schemas: Type.Optional(Type.Record(Type.String(), anyMap("a JSON Schema"))),
  },
  {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    $id: "https://phasegate.dev/schemas/agent_workflow.schema.json",
    title: "Phasegate workflow",
    additionalProperties: false,
  },
);
