import type { ContentPair, TreeChange, UnsupportedEntry } from "@phasegate/wire";
import type { ChangeDenial } from "@phasegate/workflow";
import { judgeFrozenChanges } from "./freezes.ts";
import type { Situation } from "./situation.ts";

export interface ObservedChanges {
  readonly changes: readonly TreeChange[];
  readonly contents: Readonly<Record<string, ContentPair>>;
  /** From the entry tree to the tree after. */
  readonly entryChanges: readonly TreeChange[];
  readonly unsupported?: readonly UnsupportedEntry[];
}

/**
 * What the phase and the freezes in force forbid of the changes that were seen. A path that ends with its entry
 * content was put back, which is always allowed. Freezes judge the difference from the entry tree, which agreed with
 * the frozen trees when it was judged; the gate judges the exact one.
 */
export function judgeObserved(situation: Situation, observed: ObservedChanges): readonly ChangeDenial[] {
  const sinceEntry = new Map(observed.entryChanges.map((change) => [change.path, change]));
  const changes = observed.changes.filter((change) => sinceEntry.has(change.path));
  const fromEntry = changes.flatMap((change) => sinceEntry.get(change.path) ?? []);
  return [
    // What a call left there may be gone again when this is read.
    ...judgeUnsupported(observed.unsupported ?? [], "do without it: a tree holds plain files, folders and links"),
    ...situation.phase.judgeChanges(changes, observed.contents),
    ...judgeFrozenChanges(situation, fromEntry, observed.contents),
  ];
}

/** What no tree may hold, whatever the phase may write. */
export function judgeUnsupported(
  unsupported: readonly UnsupportedEntry[],
  hint = "remove it",
): readonly ChangeDenial[] {
  return unsupported.map(({ path, reason }) => ({
    path,
    reason: {
      code: "unsupported_entry" as const,
      message: `\`${path}\` is of a kind that no tree may hold: \`${reason}\``,
      hint,
    },
  }));
}
