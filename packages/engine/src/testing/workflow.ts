import type {
  AssuranceLevel,
  ContentPair,
  EnforcementMode,
  JsonValue,
  TreeChange,
  WorkflowDigest,
} from "@phasegate/wire";
import { digestJson } from "@phasegate/wire";
import type {
  ChangeDenial,
  CompiledArtifact,
  CompiledFreeze,
  CompiledGate,
  CompiledPhase,
  CompiledTransition,
  CompiledWorkflow,
  Verdict,
} from "@phasegate/workflow";

export interface PhaseOptions {
  readonly id: string;
  readonly tools?: readonly string[];
  /** Path prefixes. */
  readonly write?: readonly string[];
  readonly freeze?: readonly string[];
  readonly mayAdd?: boolean;
  readonly artifacts?: readonly CompiledArtifact[];
  readonly gates?: readonly CompiledGate[];
  readonly rework?: readonly string[];
  readonly timeLimit?: CompiledPhase["timeLimit"];
  readonly reviewModels?: readonly string[];
  /** Of the way forward. */
  readonly triggers?: CompiledTransition["triggers"];
}

export interface WorkflowOptions {
  readonly mode?: EnforcementMode;
  readonly assurance?: AssuranceLevel;
  readonly phases: readonly PhaseOptions[];
}

/** A compiled workflow over path prefixes, as small as the contract permits; `.phasegate/` is protected. */
export function workflowOf(options: WorkflowOptions): CompiledWorkflow {
  const phases = options.phases.map((phase, index) => phaseOf(phase, index, options.phases));
  const initialPhase = phases[0];
  const lastPhase = phases.at(-1);
  if (!initialPhase || !lastPhase) throw new RangeError("a workflow has phases");
  return {
    digest: digestJson({ name: "fixture", mode: options.mode ?? "strict" }) as WorkflowDigest,
    normalized: {
      name: "fixture",
      version: null,
      description: null,
      older: false,
      mode: options.mode ?? "strict",
      assurance: options.assurance ?? "mediated",
      workspace: { repository: ".", base: null, setup: null, testPatterns: [], scratch: [], ignore: [] },
      evidence: null,
      phases: [],
      transitions: [],
      protected: [],
      coordination: { leaseSeconds: null },
      tokens: { expirySeconds: null },
    },
    phases: new Map(phases.map((phase) => [phase.id, phase])),
    initialPhase,
    lastPhase,
    mayBelongToTree: () => true,
    isScratch: () => false,
    isTestFile: (path) => path.startsWith("test/"),
    isProtected,
  };
}

/** An artifact that must be an object with a text `summary`. */
export function summaryArtifact(type: string, options: Partial<CompiledArtifact> = {}): CompiledArtifact {
  return {
    type,
    required: true,
    rule: "agent_workflow.yaml:70:9",
    validation: [],
    validate: (data: JsonValue) =>
      data !== null && typeof data === "object" && !Array.isArray(data) && typeof data["summary"] === "string"
        ? []
        : [{ place: "/summary", message: "must be a string" }],
    ...options,
  };
}

function isProtected(path: string): boolean {
  return path.startsWith(".phasegate/") || path.startsWith(".git/");
}

function phaseOf(options: PhaseOptions, index: number, all: readonly PhaseOptions[]): CompiledPhase {
  const line = 10 * (index + 1);
  const rule = `agent_workflow.yaml:${line}:5`;
  const tools = options.tools ?? [];
  const judgePath = (path: string): Verdict => {
    if (isProtected(path)) return denied("path_protected", `\`${path}\` is protected`, `agent_workflow.yaml:1:1`);
    if ((options.write ?? []).some((prefix) => path.startsWith(prefix))) return { allowed: true };
    return denied("path_not_allowed", `phase \`${options.id}\` may not change \`${path}\``, rule);
  };
  return {
    id: options.id,
    name: options.id,
    index,
    isLast: index === all.length - 1,
    rule,
    allowedTools: tools,
    writePatterns: (options.write ?? []).map((prefix) => `${prefix}**`),
    mayWrite: (options.write ?? []).length > 0,
    bash: { network: "none", timeoutSeconds: 60 },
    freeze: options.freeze ? freezeOf(options.freeze, options.mayAdd ?? false, rule) : null,
    artifacts: options.artifacts ?? [],
    exits: exitsOf(options, index, all, rule),
    timeLimit: options.timeLimit ?? null,
    reviewModels: options.reviewModels ?? [],
    judgeTool: (toolName) =>
      tools.includes(toolName)
        ? { allowed: true }
        : denied(
            "tool_not_allowed",
            `Tool '${toolName}' not allowed in phase '${options.id}'. Allowed tools: ${tools.join(", ")}`,
            rule,
          ),
    judgePath,
    fixedPlaces: () => [],
    judgeCommand: (command) =>
      command.startsWith("npm ")
        ? { allowed: true }
        : denied("command_not_allowed", `\`${command}\` is not listed`, rule),
    contentsNeeded: (changes) => changes.map(({ path }) => path).filter((path) => path.endsWith(".json")),
    judgeChanges: (changes) => denials(changes, judgePath),
  };
}

function freezeOf(prefixes: readonly string[], mayAdd: boolean, rule: string): CompiledFreeze {
  const judgePath = (path: string, exists: boolean): Verdict =>
    prefixes.some((prefix) => path.startsWith(prefix)) && (exists || !mayAdd)
      ? denied("path_not_allowed", `\`${path}\` is frozen`, rule)
      : { allowed: true };
  return {
    rule,
    patterns: prefixes,
    judgePath,
    judgeLinks: () => [],
    contentsNeeded: () => [],
    judgeChanges: (changes: readonly TreeChange[], _contents: Readonly<Record<string, ContentPair>>) =>
      denials(changes, (path, change) => judgePath(path, change.kind !== "added")),
  };
}

function exitsOf(
  options: PhaseOptions,
  index: number,
  all: readonly PhaseOptions[],
  rule: string,
): readonly CompiledTransition[] {
  const forward: CompiledTransition = {
    from: options.id,
    to: all[index + 1]?.id ?? null,
    kind: "forward",
    gates: options.gates ?? [],
    rule,
    triggers: options.triggers ?? [],
  };
  const back = (options.rework ?? []).map((to) => ({
    ...forward,
    to,
    kind: "rework" as const,
    gates: [],
    triggers: [],
  }));
  return [forward, ...back];
}

function denials(
  changes: readonly TreeChange[],
  judge: (path: string, change: TreeChange) => Verdict,
): readonly ChangeDenial[] {
  return changes.flatMap((change) => {
    const verdict = judge(change.path, change);
    return verdict.allowed ? [] : [{ path: change.path, reason: verdict.reason }];
  });
}

function denied(
  code: "tool_not_allowed" | "path_not_allowed" | "path_protected" | "command_not_allowed",
  message: string,
  rule: string,
): Verdict {
  return { allowed: false, reason: { code, message, rule, hint: "put it back with `restore_files`" } };
}
