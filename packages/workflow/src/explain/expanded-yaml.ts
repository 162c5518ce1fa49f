import type { JsonValue, RuleReference } from "@phasegate/wire";
import { compilePlaces, type PlaceOf } from "../compile/places.ts";
import type {
  NormalizedArtifact,
  NormalizedCheck,
  NormalizedGate,
  NormalizedPhase,
  NormalizedWorkflow,
  StoredWorkflow,
} from "../model/normalized.ts";
import { patternText } from "../policy/patterns.ts";
import { writtenTransitions, gatesOfPhase } from "./written-transitions.ts";

/**
 * The long form of a workflow as YAML, every shorthand, group, set and default written out, each line with a comment
 * that says where it came from. Loading it gives the same digest where no other file took part.
 */
export function expandedYaml(stored: StoredWorkflow): string {
  const writer = new Writer();
  const enclosing = compilePlaces(stored);
  const { normalized } = stored;
  // A part that is a default has no place of its own.
  const placeOf: PlaceOf = (pointer) =>
    wholes.test(pointer) || Object.hasOwn(stored.positions, pointer) ? enclosing(pointer) : "default";
  writer.comment(`workflow digest ${stored.digest}`);
  if (normalized.protected.length > 0) writer.comment(`protected: ${normalized.protected.join(", ")}`);
  writeHead(writer, normalized, placeOf);
  writer.key(0, "phases", placeOf("/phases"));
  for (const [index, phase] of normalized.phases.entries()) writePhase(writer, normalized, phase, index, placeOf);
  writeTransitions(writer, normalized, placeOf);
  writeSchemas(writer, normalized, placeOf);
  return writer.text();
}

/** Parts that are never a default by themselves: they stand where what holds them stands. */
const wholes = /^(?:|\/phases\/\d+\/(?:write|bash|artifacts|freeze)|.*\/checks\/\d+\/parameters)$/u;

/** Lines of block YAML; values are JSON, which is YAML too. */
class Writer {
  readonly #lines: string[] = [];

  comment(text: string): void {
    this.#lines.push(`# ${text}`);
  }

  /** `key: value`, or `key:` above what is nested below it. */
  key(depth: number, key: string, place: RuleReference, value?: JsonValue): void {
    this.#line(depth, value === undefined ? `${plainKey(key)}:` : `${plainKey(key)}: ${JSON.stringify(value)}`, place);
  }

  /** Leaves out what is null: the format has no word for it. */
  optional(depth: number, key: string, place: RuleReference, value: JsonValue): void {
    if (value !== null) this.key(depth, key, place, value);
  }

  /** First key of a list item. */
  item(depth: number, key: string, place: RuleReference, value: JsonValue): void {
    this.#line(depth, `- ${plainKey(key)}: ${JSON.stringify(value)}`, place);
  }

  list(
    depth: number,
    key: string,
    values: readonly JsonValue[],
    placeOf: (index: number | null) => RuleReference,
  ): void {
    if (values.length === 0) return this.key(depth, key, placeOf(null), []);
    this.key(depth, key, placeOf(null));
    for (const [index, value] of values.entries()) this.#line(depth + 1, `- ${JSON.stringify(value)}`, placeOf(index));
  }

  text(): string {
    return `${this.#lines.join("\n")}\n`;
  }

  #line(depth: number, text: string, place: RuleReference): void {
    this.#lines.push(`${"  ".repeat(depth)}${text}  # ${place}`);
  }
}

function plainKey(key: string): string {
  return /^[a-z_]+$/u.test(key) ? key : JSON.stringify(key);
}

function writeHead(writer: Writer, workflow: NormalizedWorkflow, placeOf: PlaceOf): void {
  writer.key(0, "name", placeOf("/name"), workflow.name);
  writer.optional(0, "version", placeOf("/version"), workflow.version);
  writer.optional(0, "description", placeOf("/description"), workflow.description);
  // An older file stays one: it may not use keys that its format does not have.
  if (!workflow.older) writeWorkspace(writer, workflow, placeOf);
  if (workflow.evidence) {
    const place = placeOf("/evidence");
    writer.key(0, "evidence", place);
    for (const [section, value] of Object.entries(workflow.evidence)) writer.key(1, section, place, withoutNull(value));
  }
  writer.key(0, "enforcement", placeOf("/mode"));
  writer.key(1, "mode", placeOf("/mode"), workflow.mode);
  writer.key(1, "assurance", placeOf("/assurance"), workflow.assurance);
  if (workflow.tokens.expirySeconds !== null) {
    writer.key(1, "phase_tokens", placeOf("/tokens"), { expiry_seconds: workflow.tokens.expirySeconds });
  }
  if (workflow.coordination.leaseSeconds !== null) {
    writer.key(0, "coordination", placeOf("/coordination"), { lease_seconds: workflow.coordination.leaseSeconds });
  }
}

function writeWorkspace(writer: Writer, { workspace }: NormalizedWorkflow, placeOf: PlaceOf): void {
  const at = placeOf("/workspace");
  const globs = (depth: number, key: string, pointer: string, values: readonly string[]): void =>
    writer.list(depth, key, values, (index) => placeOf(index === null ? pointer : `${pointer}/${index}`));
  writer.key(0, "workspace", at);
  writer.key(1, "repository", placeOf("/workspace/repository"), workspace.repository);
  writer.optional(1, "base", placeOf("/workspace/base"), workspace.base);
  if (workspace.setup) {
    const setup = placeOf("/workspace/setup");
    writer.key(1, "setup", setup);
    writer.key(2, "command", setup, workspace.setup.command);
    globs(2, "inputs", "/workspace/setup/inputs", workspace.setup.inputs);
  }
  globs(1, "test_patterns", "/workspace/testPatterns", workspace.testPatterns);
  globs(1, "scratch", "/workspace/scratch", workspace.scratch);
  globs(1, "ignore", "/workspace/ignore", workspace.ignore);
}

function writePhase(
  writer: Writer,
  workflow: NormalizedWorkflow,
  phase: NormalizedPhase,
  index: number,
  placeOf: PlaceOf,
): void {
  const at = (pointer: string): RuleReference => placeOf(`/phases/${index}${pointer}`);
  const list = (depth: number, key: string, pointer: string, values: readonly string[]): void =>
    writer.list(depth, key, values, (item) => at(item === null ? pointer : `${pointer}/${item}`));
  writer.item(1, "id", at(""), phase.id);
  writer.key(2, "name", at("/name"), phase.name);
  writer.optional(2, "description", at("/description"), phase.description);
  list(2, "allowed_tools", "/allowedTools", phase.allowedTools);
  list(2, "forbidden_tools", "/forbiddenTools", phase.forbiddenTools);
  const allowed = phase.write.allowed.map(patternText);
  const forbidden = phase.write.forbidden.map(patternText);
  if (!workflow.older) list(2, "write", "/write/allowed", allowed);
  writer.key(2, "tool_constraints", at("/bash"));
  const olderWriter =
    workflow.older && (allowed.length > 0 || phase.allowedTools.some((tool) => /^(?:write|edit)_files$/u.test(tool)));
  if (olderWriter || forbidden.length > 0) {
    writer.key(3, "write_files", at("/write"));
    if (workflow.older) list(4, "allowed_patterns", "/write/allowed", allowed);
    list(4, "forbidden_patterns", "/write/forbidden", forbidden);
  }
  writer.key(3, "bash", at("/bash"));
  if (phase.bash.allowedCommands) list(4, "allowed_commands", "/bash/allowedCommands", phase.bash.allowedCommands);
  list(4, "forbidden_commands", "/bash/forbiddenCommands", phase.bash.forbiddenCommands);
  writer.key(4, "network", at("/bash/network"), phase.bash.network);
  writer.key(4, "timeout_seconds", at("/bash/timeoutSeconds"), phase.bash.timeoutSeconds);
  if (phase.freeze) {
    writer.key(2, "freeze", at("/freeze"));
    list(3, "paths", "/freeze/paths", phase.freeze.paths.map(patternText));
    list(3, "may_add", "/freeze/mayAdd", phase.freeze.mayAdd);
  }
  writeArtifacts(writer, workflow, phase, at);
  writeGates(writer, workflow, phase, placeOf);
  if (phase.autoSpawn.length > 0) writer.key(2, "auto_spawn", at("/autoSpawn"), [...phase.autoSpawn]);
  writer.optional(2, "timeout_seconds", at("/timeoutSeconds"), phase.timeoutSeconds);
  writer.optional(2, "on_timeout", at("/onTimeout"), phase.onTimeout ?? null);
}

function writeArtifacts(
  writer: Writer,
  workflow: NormalizedWorkflow,
  phase: NormalizedPhase,
  at: (pointer: string) => RuleReference,
): void {
  if (phase.artifacts.length === 0) return;
  writer.key(2, "required_artifacts", at("/artifacts"));
  for (const [index, artifact] of phase.artifacts.entries()) {
    const place = at(`/artifacts/${index}`);
    writer.item(3, "type", place, artifact.type);
    if (artifact.schema !== null) writer.key(4, "schema", place, schemaName(phase, artifact));
    writer.optional(4, "description", place, artifact.description);
    if (artifact.validation.length === 0) continue;
    writer.key(4, "validation", place);
    for (const [position, check] of artifact.validation.entries()) {
      const where = (part: string): RuleReference => at(`/artifacts/${index}/validation/${position}${part}`);
      writeCheck({ writer, depth: 5, key: "rule", check, at: where, older: workflow.older });
    }
  }
}

function writeGates(writer: Writer, workflow: NormalizedWorkflow, phase: NormalizedPhase, placeOf: PlaceOf): void {
  const gates = gatesOfPhase(workflow, phase.id);
  if (gates.length === 0) return;
  writer.key(2, "gates", placeOf(gates[0]?.pointer ?? ""));
  for (const { gate, pointer } of gates) {
    writer.item(3, "id", placeOf(pointer), gate.id);
    writeTiming(writer, gate, (part) => placeOf(`${pointer}${part}`));
    if (gate.checks.length === 0) continue;
    writer.key(4, "blockers", placeOf(pointer));
    for (const [index, check] of gate.checks.entries()) {
      const at = (part: string): RuleReference => placeOf(`${pointer}/checks/${index}${part}`);
      writeCheck({ writer, depth: 5, key: "check", check, at, older: workflow.older });
    }
  }
}

function writeTiming(writer: Writer, gate: NormalizedGate, at: PlaceOf): void {
  writer.optional(4, "timeout_seconds", at("/timeoutSeconds"), gate.timeoutSeconds);
  writer.key(4, "on_timeout", at("/onTimeout"), gate.onTimeout);
  writer.key(4, "auto_advance", at("/autoAdvance"), gate.autoAdvance);
}

function writeCheck(options: {
  readonly writer: Writer;
  readonly depth: number;
  readonly key: "check" | "rule";
  readonly check: NormalizedCheck;
  /** By pointer into the check. */
  readonly at: PlaceOf;
  readonly older: boolean;
}): void {
  const { writer, depth, key, check, at, older } = options;
  const place = at("");
  writer.item(depth, key, place, check.check);
  writer.key(depth + 1, "severity", at("/severity"), check.severity);
  writer.optional(depth + 1, "message", place, check.message);
  if (check.selfReported && !older) writer.key(depth + 1, "evidence", place, "self_reported");
  for (const [name, value] of Object.entries(check.parameters)) writer.key(depth + 1, name, place, value);
}

function writeTransitions(writer: Writer, workflow: NormalizedWorkflow, placeOf: PlaceOf): void {
  const written = writtenTransitions(workflow);
  const place = placeOf("/transitions");
  if (written.length === 0) return writer.key(0, "transitions", place, []);
  writer.key(0, "transitions", place);
  for (const { transition, gate, pointer } of written) {
    const at = placeOf(pointer);
    writer.item(1, "from", at, transition.from);
    writer.key(2, "to", at, transition.to);
    writer.key(2, "kind", at, transition.kind);
    writer.optional(2, "gate", at, gate);
    if (transition.triggers.length > 0)
      writer.key(
        2,
        "triggers",
        at,
        transition.triggers.map((trigger) => ({ ...trigger })),
      );
  }
}

function writeSchemas(writer: Writer, workflow: NormalizedWorkflow, placeOf: PlaceOf): void {
  const lines = workflow.phases.flatMap((phase, index) =>
    phase.artifacts.flatMap((artifact, position) =>
      artifact.schema === null
        ? []
        : [
            {
              name: schemaName(phase, artifact),
              schema: artifact.schema,
              place: placeOf(`/phases/${index}/artifacts/${position}`),
            },
          ],
    ),
  );
  if (lines.length === 0) return;
  writer.key(0, "schemas", placeOf("/phases"));
  for (const { name, schema, place } of lines) writer.key(1, name, place, schema);
}

function schemaName(phase: NormalizedPhase, artifact: NormalizedArtifact): string {
  return `expanded/${phase.id}/${artifact.type}.json`;
}

function withoutNull(value: JsonValue): JsonValue {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== null));
}
