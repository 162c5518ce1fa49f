import type { JsonObject, RuleReference } from "@phasegate/wire";
import type { NormalizedGate, NormalizedTransition } from "../model/normalized.ts";
import { itemsOf, type Located, member, textOf, toJson } from "../reading/located.ts";
import { shorten, suggest } from "../reading/reporter.ts";
import type { NormalizeContext } from "./context.ts";
import type { PhaseParts } from "./phases.ts";
import { type Placed, placedList, type Places, putUnder } from "./places.ts";

type Transition = Placed<NormalizedTransition>;

/**
 * Every way from phase to phase. Without `transitions` in the file: to the next phase through all gates, and back to
 * the phase before. With them: those, plus what `rework` names. The last phase always has an exit to the end of the
 * task that carries all its gates.
 */
export function normalizeTransitions(
  context: NormalizeContext,
  phases: readonly PhaseParts[],
): Placed<NormalizedTransition[]> {
  const written = member(context.root, "transitions");
  const transitions = written ? explicit(context, phases, written) : defaults(phases);
  for (const [index, parts] of phases.entries()) transitions.push(...rework(context, phases, index, parts, written));
  const last = phases.at(-1);
  if (last)
    transitions.push(build({ parts: last, to: null, kind: "forward", gates: last.gates, place: placeOf(last) }));
  reportDuplicates(context, transitions);
  reportShape(context, phases, transitions);
  return placedList(transitions, written?.place ?? context.root.place);
}

interface TransitionParts {
  readonly parts: PhaseParts;
  readonly to: string | null;
  readonly kind: "forward" | "rework";
  readonly gates: readonly Placed<NormalizedGate>[];
  readonly place: RuleReference;
  readonly triggers?: NormalizedTransition["triggers"];
}

function build({ parts, to, kind, gates, place, triggers = [] }: TransitionParts): Transition {
  const places: Places = new Map([["", place]]);
  const list = placedList(gates, place);
  putUnder(places, "/gates", list.places);
  return { value: { from: parts.phase.value.id, to, kind, gates: list.value, triggers }, places };
}

function defaults(phases: readonly PhaseParts[]): Transition[] {
  return phases.slice(0, -1).map((parts, index) =>
    build({
      parts,
      to: phases[index + 1]?.phase.value.id ?? null,
      kind: "forward",
      gates: parts.gates,
      place: placeOf(parts),
    }),
  );
}

function rework(
  context: NormalizeContext,
  phases: readonly PhaseParts[],
  index: number,
  parts: PhaseParts,
  written: Located | undefined,
): Transition[] {
  const node = member(parts.node, "rework");
  const earlier = phases.slice(0, index).map(({ phase }) => phase.value.id);
  if (!node) {
    const before = earlier.at(-1);
    return written || before === undefined
      ? []
      : [build({ parts, to: before, kind: "rework", gates: [], place: placeOf(parts) })];
  }
  if (textOf(node) === "none") return [];
  return itemsOf(node).flatMap((item) => {
    const to = textOf(item);
    if (to === null) return [];
    if (earlier.includes(to)) return [build({ parts, to, kind: "rework", gates: [], place: item.place })];
    if (phases.some(({ phase }) => phase.value.id === to)) {
      context.reporter.error(item.place, "invalid-transition", `rework leads back, and \`${to}\` does not come before`);
    } else {
      context.reporter.unknown(item.place, "unknown-phase", "phase", to, earlier);
    }
    return [];
  });
}

function explicit(context: NormalizeContext, phases: readonly PhaseParts[], written: Located): Transition[] {
  const nodes = itemsOf(written).filter((node) => node.kind === "map");
  const named = gatesNamedForward(phases, nodes);
  return nodes.flatMap((node) => {
    const from = findPhase(context, phases, member(node, "from"));
    const to = findPhase(context, phases, member(node, "to"));
    if (from === null || to === null) return [];
    const [parts, target] = [phases[from], phases[to]];
    if (!parts || !target) return [];
    const kind = kindOf(context, node, from, to);
    return [
      build({
        parts,
        to: target.phase.value.id,
        kind,
        gates: gatesOf(context, node, parts, kind, named),
        place: node.place,
        triggers: triggersOf(context, node),
      }),
    ];
  });
}

/** `phase NUL gate` for every gate that a forward transition names. */
function gatesNamedForward(phases: readonly PhaseParts[], nodes: readonly Located[]): ReadonlySet<string> {
  const indexOf = (id: string | null): number => phases.findIndex(({ phase }) => phase.value.id === id);
  return new Set(
    nodes.flatMap((node) => {
      const from = textOf(member(node, "from"));
      const gate = textOf(member(node, "gate"));
      const isForward = indexOf(textOf(member(node, "to"))) > indexOf(from);
      return from !== null && gate !== null && isForward ? [`${from}\0${gate}`] : [];
    }),
  );
}

function findPhase(context: NormalizeContext, phases: readonly PhaseParts[], node: Located | undefined): number | null {
  const id = textOf(node);
  if (!node || id === null) return null;
  const index = phases.findIndex(({ phase }) => phase.value.id === id);
  if (index >= 0) return index;
  context.reporter.unknown(
    node.place,
    "unknown-phase",
    "phase",
    id,
    phases.map(({ phase }) => phase.value.id),
  );
  return null;
}

function kindOf(context: NormalizeContext, node: Located, from: number, to: number): "forward" | "rework" {
  const written = member(node, "kind");
  const asked = textOf(written);
  const actual = to > from ? "forward" : "rework";
  if (to === from) {
    context.reporter.error(node.place, "invalid-transition", "a transition leads to another phase");
  } else if (asked !== null && asked !== actual && written) {
    // Rework asks for no gate: forwards it would be the way round all of them.
    const hint = actual === "forward" ? "remove `kind`" : "set `kind: rework`";
    context.reporter.error(
      written.place,
      "invalid-transition",
      `the transition leads ${to > from ? "forward" : "back"}`,
      hint,
    );
  }
  return actual;
}

/**
 * INVARIANT: no choice of transition skips a gate that a phase has. A forward transition carries the gate that it
 * names and every gate that none names; one that names none carries all.
 */
function gatesOf(
  context: NormalizeContext,
  node: Located,
  parts: PhaseParts,
  kind: "forward" | "rework",
  named: ReadonlySet<string>,
): readonly Placed<NormalizedGate>[] {
  const gate = member(node, "gate");
  const name = textOf(gate);
  const ids = parts.gates.map(({ value }) => value.id);
  if (gate && name !== null && !ids.includes(name)) {
    const { id } = parts.phase.value;
    const hint = suggest(name, ids) ?? `phase \`${id}\` has no gates`;
    context.reporter.error(gate.place, "unknown-gate", `phase \`${id}\` has no gate \`${shorten(name)}\``, hint);
  }
  if (kind === "rework") return parts.gates.filter(({ value }) => value.id === name);
  if (name === null) return parts.gates;
  return parts.gates.filter(({ value }) => value.id === name || !named.has(`${parts.phase.value.id}\0${value.id}`));
}

/** Triggers as they are written; one that lacks what its action needs is warned of, since a job can only fail by it. */
function triggersOf(context: NormalizeContext, node: Located): NormalizedTransition["triggers"] {
  return itemsOf(member(node, "triggers")).flatMap((trigger) => {
    const action = textOf(member(trigger, "action"));
    const params = member(trigger, "params");
    if (action === null) return [];
    const missing = missingParameter(action, params);
    if (missing !== null) {
      const message = `trigger \`${shorten(action)}\` cannot be carried out: \`params.${missing}\` is missing`;
      context.reporter.warning(trigger.place, "not-carried-out", message, triggerHints[action] ?? null);
    }
    return [
      {
        action: action === "escalate_to_human" ? "escalate" : action,
        params: params?.kind === "map" ? (toJson(params) as JsonObject) : {},
      },
    ];
  });
}

const triggerHints: Readonly<Record<string, string>> = {
  webhook: "name a webhook of `events.webhooks` in the server's configuration; a workflow cannot bring its own address",
  command: "write the command line as `run`",
  spawn_task: "give the new task a `title`",
};

/** The parameter without which an action has nothing to do. */
function missingParameter(action: string, params: Located | undefined): string | null {
  const needed = { webhook: ["name"], command: ["run", "command"], spawn_task: ["title"] }[action] ?? [];
  return needed.every((name) => textOf(member(params, name)) === null) ? (needed[0] ?? null) : null;
}

function reportDuplicates(context: NormalizeContext, transitions: readonly Transition[]): void {
  const seen = new Set<string>();
  for (const { value, places } of transitions) {
    const key = `${value.from}\0${value.to ?? ""}`;
    if (seen.has(key) && value.from !== value.to) {
      const place = places.get("") ?? context.root.place;
      context.reporter.error(
        place,
        "duplicate-id",
        `two transitions lead from \`${value.from}\` to \`${value.to ?? ""}\``,
      );
    }
    seen.add(key);
  }
}

/** Warns of phases that cannot be reached or left: legal, and hardly ever meant. */
function reportShape(
  context: NormalizeContext,
  phases: readonly PhaseParts[],
  transitions: readonly Transition[],
): void {
  const reached = new Set<string>(phases.slice(0, 1).map(({ phase }) => phase.value.id));
  for (let grew = true; grew;) {
    const before = reached.size;
    for (const { value } of transitions) if (value.to !== null && reached.has(value.from)) reached.add(value.to);
    grew = reached.size > before;
  }
  for (const parts of phases) {
    const { id } = parts.phase.value;
    if (!reached.has(id))
      context.reporter.warning(placeOf(parts), "unreachable-phase", `no transition leads to phase \`${id}\``);
    const leaves = transitions.some(({ value }) => value.from === id && value.kind === "forward");
    if (!leaves) context.reporter.warning(placeOf(parts), "dead-end", `no transition leads on from phase \`${id}\``);
  }
}

function placeOf(parts: PhaseParts): RuleReference {
  return parts.phase.places.get("") ?? parts.node.place;
}
