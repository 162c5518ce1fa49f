import { type JsonObject, timeoutActions } from "@phasegate/wire";
import type { NormalizedGate, NormalizedPattern, NormalizedPhase } from "../model/normalized.ts";
import { booleanOf, itemsOf, type Located, member, numberOf, textOf, toJson } from "../reading/located.ts";
import { normalizeArtifacts } from "./artifacts.ts";
import { shorten } from "../reading/reporter.ts";
import type { NormalizeContext } from "./context.ts";
import { normalizeGates } from "./gates.ts";
import { normalizeGlobs, normalizePatterns } from "./patterns.ts";
import { type Placed, type Places, placed, placedList, putUnder, putWritten } from "./places.ts";
import { normalizeTools } from "./tools.ts";

export interface PhaseParts {
  readonly phase: Placed<NormalizedPhase>;
  readonly gates: readonly Placed<NormalizedGate>[];
  /** The phase as it was written. */
  readonly node: Located;
}

/** Every phase in its order, with the gates that its transitions will carry. */
export function normalizePhases(context: NormalizeContext): readonly PhaseParts[] {
  const list = member(context.root, "phases");
  if (!list && !member(context.root, "extends"))
    context.reporter.error(context.root.place, "missing-key", "`phases` is missing");
  const parts = itemsOf(list)
    .filter((node) => node.kind === "map")
    .map((node) => normalizePhase(context, node));
  const ids = new Set<string>();
  for (const { phase, node } of parts) {
    const { id } = phase.value;
    const place = member(node, "id")?.place ?? node.place;
    if (ids.has(id)) context.reporter.error(place, "duplicate-id", `two phases are called \`${id}\``);
    ids.add(id);
  }
  return parts;
}

function normalizePhase(context: NormalizeContext, node: Located): PhaseParts {
  const places: Places = new Map([["", member(node, "id")?.place ?? node.place]]);
  const put = <Value>(pointer: string, part: Placed<Value>): Value => {
    putUnder(places, pointer, part.places);
    return part.value;
  };
  const id = textOf(member(node, "id")) ?? "";
  const tools = normalizeTools(context, node);
  const allowedTools = put("/allowedTools", tools.allowed);
  putWritten(places, "/name", member(node, "name"));
  putWritten(places, "/description", member(node, "description"));
  putWritten(places, "/timeoutSeconds", member(node, "timeout_seconds"));
  putWritten(places, "/onTimeout", member(node, "on_timeout"));
  putWritten(places, "/autoSpawn", member(node, "auto_spawn"));
  const onTimeout = timeoutActions.find((action) => action === textOf(member(node, "on_timeout")));
  reportIdleKeys(context, node);
  const value: NormalizedPhase = {
    id,
    name: textOf(member(node, "name")) ?? id,
    description: textOf(member(node, "description")),
    allowedTools,
    forbiddenTools: put("/forbiddenTools", tools.forbidden),
    write: put("/write", normalizeWrite(context, node, allowedTools)),
    bash: put("/bash", normalizeBash(node)),
    freeze: normalizeFreeze(context, node, put),
    artifacts: put("/artifacts", normalizeArtifacts(context, node)),
    timeoutSeconds: numberOf(member(node, "timeout_seconds")),
    ...(onTimeout === undefined ? {} : { onTimeout }),
    autoSpawn: itemsOf(member(node, "auto_spawn"))
      .filter((item) => item.kind === "map")
      .map((item) => toJson(item) as JsonObject),
  };
  const gates = normalizeGates(context, node);
  reportUnawaitedReviews(context, node, gates);
  return { phase: { value, places }, gates, node };
}

/** Keys that ask for nothing as they stand. */
function reportIdleKeys({ reporter }: NormalizeContext, node: Located): void {
  const onTimeout = member(node, "on_timeout");
  if (onTimeout && !member(node, "timeout_seconds")) {
    reporter.error(onTimeout.place, "missing-key", "`on_timeout` without `timeout_seconds`", "say after how long");
  }
  for (const spawn of itemsOf(member(node, "auto_spawn"))) {
    const type = member(spawn, "agent_type");
    if (!type || textOf(type) === "review") continue;
    const message = `\`auto_spawn\` starts review agents only, not \`${shorten(textOf(type) ?? "")}\``;
    reporter.warning(type.place, "not-carried-out", message, "make other tasks with the trigger `spawn_task`");
  }
}

/** `wait_for_completion` is what the gate's check on reviews does; without one nothing waits. */
function reportUnawaitedReviews(
  { reporter }: NormalizeContext,
  node: Located,
  gates: readonly Placed<NormalizedGate>[],
): void {
  const waits = gates.some(({ value }) =>
    value.checks.some(({ check }) => /^all_review(s|_models)_completed$/u.test(check)),
  );
  for (const spawn of itemsOf(member(node, "auto_spawn"))) {
    const asked = member(spawn, "wait_for_completion");
    if (waits || !asked || booleanOf(asked) !== true) continue;
    const message = "nothing waits for the reviews: no gate of the phase asks for them";
    reporter.warning(asked.place, "not-carried-out", message, "add `gate: { reviews: [..] }` with their models");
  }
}

type Write = NormalizedPhase["write"];

function normalizeWrite(context: NormalizeContext, phase: Located, allowedTools: readonly string[]): Placed<Write> {
  const write = member(phase, "write");
  const constraints = member(member(phase, "tool_constraints"), "write_files");
  const olderAllowed = member(constraints, "allowed_patterns");
  if (write && olderAllowed) {
    context.reporter.error(
      write.place,
      "both-forms",
      "`write` and `allowed_patterns` are one thing",
      "keep one of them",
    );
  }
  const forbidden = normalizePatterns(context, member(constraints, "forbidden_patterns"));
  const allowed = allowedPatterns(context, phase, allowedTools, write ?? olderAllowed);
  const places: Places = new Map([["", (write ?? constraints ?? phase).place]]);
  putUnder(places, "/allowed", allowed.places);
  putUnder(places, "/forbidden", forbidden.places);
  return { value: { allowed: allowed.value, forbidden: forbidden.value }, places };
}

function allowedPatterns(
  context: NormalizeContext,
  phase: Located,
  allowedTools: readonly string[],
  written: Located | undefined,
): Placed<NormalizedPattern[]> {
  if (written) return normalizePatterns(context, written);
  const constraints = member(member(phase, "tool_constraints"), "write_files");
  const isOlderWriter = context.older && allowedTools.some((tool) => tool === "write_files" || tool === "edit_files");
  const id = member(phase, "id") ?? phase;
  const place = (constraints ?? member(phase, "allowed_tools") ?? phase).place;
  // Forbidden patterns alone would forbid nothing if nothing were allowed: in the older format they narrow everything.
  if (!constraints && !isOlderWriter) return placedList([], id.place);
  if (!constraints) {
    context.reporter.warning(
      place,
      "writes-anywhere",
      `phase \`${textOf(member(phase, "id")) ?? ""}\` may change every path`,
      "list what it may change: `tool_constraints.write_files.allowed_patterns`",
    );
  }
  return placedList([placed({ glob: "**", pointer: null }, place)], place);
}

function normalizeBash(phase: Located): Placed<NormalizedPhase["bash"]> {
  const node = member(member(phase, "tool_constraints"), "bash");
  const place = (node ?? member(phase, "tools") ?? member(phase, "allowed_tools") ?? phase).place;
  const allowed = member(node, "allowed_commands");
  const commands = (list: Located | undefined): Placed<string[]> =>
    placedList(
      itemsOf(list).flatMap((item) => (textOf(item) === null ? [] : [placed(textOf(item) ?? "", item.place)])),
      list?.place ?? place,
    );
  const allowedCommands = commands(allowed);
  const forbiddenCommands = commands(member(node, "forbidden_commands"));
  const places: Places = new Map([["", place]]);
  putUnder(places, "/allowedCommands", allowedCommands.places);
  putUnder(places, "/forbiddenCommands", forbiddenCommands.places);
  putWritten(places, "/network", member(node, "network"));
  putWritten(places, "/timeoutSeconds", member(node, "timeout_seconds"));
  const value: NormalizedPhase["bash"] = {
    allowedCommands: allowed ? allowedCommands.value : null,
    forbiddenCommands: forbiddenCommands.value,
    network: textOf(member(node, "network")) === "full" ? "full" : "none",
    timeoutSeconds: numberOf(member(node, "timeout_seconds")) ?? 120,
  };
  return { value, places };
}

function normalizeFreeze(
  context: NormalizeContext,
  phase: Located,
  put: <Value>(pointer: string, part: Placed<Value>) => Value,
): NormalizedPhase["freeze"] {
  const node = member(phase, "freeze");
  if (!node) return null;
  const isMap = node.kind === "map";
  put("/freeze", placed(null, node.place));
  return {
    paths: put("/freeze/paths", normalizePatterns(context, isMap ? member(node, "paths") : node)),
    mayAdd: isMap ? put("/freeze/mayAdd", normalizeGlobs(context, member(node, "may_add"))) : [],
  };
}
