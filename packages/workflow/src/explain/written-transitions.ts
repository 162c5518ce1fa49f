import type { NormalizedGate, NormalizedTransition, NormalizedWorkflow } from "../model/normalized.ts";

interface PlacedGate {
  readonly gate: NormalizedGate;
  /** JSON pointer into the normalized form. */
  readonly pointer: string;
}

/** Every gate of a phase once, in an order in which each of its transitions carries a part. */
export function gatesOfPhase(workflow: NormalizedWorkflow, phase: string): readonly PlacedGate[] {
  const gates: PlacedGate[] = [];
  for (const [index, transition] of workflow.transitions.entries()) {
    if (transition.from !== phase) continue;
    const carried = transition.gates.map((gate, position) => ({
      gate,
      pointer: `/transitions/${index}/gates/${position}`,
    }));
    for (const [position, placed] of carried.entries()) {
      if (gates.some(({ gate }) => gate.id === placed.gate.id)) continue;
      const followers = new Set(carried.slice(position + 1).map(({ gate }) => gate.id));
      const before = gates.findIndex(({ gate }) => followers.has(gate.id));
      gates.splice(before < 0 ? gates.length : before, 0, placed);
    }
  }
  return gates;
}

/** The transitions as a file lists them: without the way out of the last phase, each with the gate that it must name. */
export function writtenTransitions(workflow: NormalizedWorkflow): readonly {
  readonly transition: NormalizedTransition & { readonly to: string };
  readonly gate: string | null;
  readonly pointer: string;
}[] {
  return workflow.transitions.flatMap((transition, index) => {
    const { to } = transition;
    if (to === null) return [];
    return [
      { transition: { ...transition, to }, gate: namedGate(workflow, transition), pointer: `/transitions/${index}` },
    ];
  });
}

function namedGate(workflow: NormalizedWorkflow, transition: NormalizedTransition): string | null {
  if (transition.kind === "rework") return transition.gates[0]?.id ?? null;
  const others = workflow.transitions.filter(
    ({ from, to, kind }) => from === transition.from && to !== transition.to && to !== null && kind === "forward",
  );
  const all = gatesOfPhase(workflow, transition.from);
  if (transition.gates.length === all.length) return null;
  const own = transition.gates.find(({ id }) => others.some(({ gates }) => gates.every((gate) => gate.id !== id)));
  return own?.id ?? null;
}
