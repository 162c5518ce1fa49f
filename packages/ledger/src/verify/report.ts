import type { Digest, EventId } from "@phasegate/wire";

/** What kind of record does not stand as it was written. */
export type ProblemArea = "file" | "event" | "payload" | "head" | "erasure" | "index" | "counter";

/** One record that differs, and how. */
export interface VerifyProblem {
  readonly area: ProblemArea;
  /** Position of the event that it concerns; null when no one event does. */
  readonly position: number | null;
  readonly stream: string | null;
  readonly version: number | null;
  readonly eventId: EventId | null;
  /** One line: what was found, and what the rest of the ledger says. */
  readonly what: string;
}

export interface VerifyReport {
  readonly ok: boolean;
  /** The first bad entry in order of position; records derived from others come after those. */
  readonly firstBad: VerifyProblem | null;
  /** In the same order, at most 100. */
  readonly problems: readonly VerifyProblem[];
  readonly events: number;
  readonly streams: number;
  readonly tasks: number;
  readonly signedHeads: number;
  /** False when no public key was given: then heads are compared with the chain, but their signatures are not judged. */
  readonly signaturesChecked: boolean;
  readonly erasedPayloads: number;
}

export const maxProblems = 100;

/** What was written comes before what is derived from it: a dropped event makes an index row wrong, too. */
const rankOf: Readonly<Record<ProblemArea, number>> = {
  file: 0,
  event: 1,
  payload: 1,
  head: 1,
  erasure: 2,
  index: 3,
  counter: 3,
};

/** Problems in order of position, those without one last. */
export function inOrder(problems: readonly VerifyProblem[]): VerifyProblem[] {
  return problems.toSorted(
    (left, right) =>
      rankOf[left.area] - rankOf[right.area] ||
      (left.position ?? Number.MAX_SAFE_INTEGER) - (right.position ?? Number.MAX_SAFE_INTEGER),
  );
}

/** A problem of one event's record or of what belongs to it. */
export function problemAt(
  area: ProblemArea,
  place: {
    readonly position?: number | null;
    readonly stream?: string | null;
    readonly version?: number | null;
    readonly id?: EventId | null;
  },
  what: string,
): VerifyProblem {
  return {
    area,
    position: place.position ?? null,
    stream: place.stream ?? null,
    version: place.version ?? null,
    eventId: place.id ?? null,
    what,
  };
}

/** A digest short enough for a message. */
export function short(digest: Digest | string | null): string {
  return digest === null ? "none" : digest.slice(0, "sha256:".length + 12);
}
