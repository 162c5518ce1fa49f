import type { Digest, EventId, StoredEvent } from "@phasegate/wire";
import { hashEvent } from "@phasegate/wire/core";
import type { FoundEvent } from "./contents.ts";
import { problemAt, short, type VerifyProblem } from "./report.ts";

/**
 * Follows the events in position order and says of each whether it continues its stream. After a bad event the check
 * goes on from what is there, so that one change is one problem, not all that follow.
 */
export class ChainCheck {
  readonly #ends = new Map<string, StoredEvent>();
  readonly #missing: { readonly from: number; readonly to: number }[] = [];
  #lastPosition = 0;
  #events = 0;

  get events(): number {
    return this.#events;
  }

  get streams(): number {
    return this.#ends.size;
  }

  /** Positions that no event has, in order. */
  get missing(): readonly { readonly from: number; readonly to: number }[] {
    return this.#missing;
  }

  /** Notes the events that are known to have been written beyond the last one that was found. */
  endAt(position: number): void {
    if (position > this.#lastPosition) this.#missing.push({ from: this.#lastPosition + 1, to: position });
  }

  lastEventOf(stream: string): StoredEvent | null {
    return this.#ends.get(stream) ?? null;
  }

  /** What is wrong with the next event, or null; and whether its content is what its hash says. */
  take({ event, fault, isWithheld = false }: FoundEvent): {
    readonly problem: VerifyProblem | null;
    readonly isWhole: boolean;
  } {
    this.#events += 1;
    if (event.position > this.#lastPosition + 1) {
      this.#missing.push({ from: this.#lastPosition + 1, to: event.position - 1 });
    }
    this.#lastPosition = event.position;
    const end = this.#ends.get(event.stream) ?? null;
    const hash = fault !== null ? null : isWithheld ? event.hash : hashOf(event);
    const problem = fault === null ? this.#judge(event, end, hash) : problemAt("event", event, fault);
    this.#ends.set(event.stream, event);
    return { problem, isWhole: fault === null && hash === event.hash };
  }

  #judge(event: StoredEvent, end: StoredEvent | null, hash: Digest | null): VerifyProblem | null {
    const version = (end?.version ?? 0) + 1;
    if (event.version > version) return this.#missingVersion(event, end, version);
    if (event.version < version) {
      return problemAt("event", event, `version ${event.version} comes after version ${version - 1} of its stream`);
    }
    if (hash !== event.hash) {
      return problemAt(
        "event",
        event,
        `its content has the hash \`${short(hash)}\`, its record says \`${short(event.hash)}\``,
      );
    }
    const previous = end?.hash ?? null;
    if (event.previous_hash === previous) return null;
    return problemAt(
      "event",
      event,
      `it follows \`${short(event.previous_hash)}\`, but the event before it has \`${short(previous)}\``,
    );
  }

  /** The place of an event that is gone: where the positions have a hole between its neighbours, if they have one. */
  #missingVersion(event: StoredEvent, end: StoredEvent | null, version: number): VerifyProblem {
    const hole = this.#missing.find(({ from, to }) => to > (end?.position ?? 0) && from < event.position);
    const place = { stream: event.stream, version, id: null as EventId | null };
    return hole === undefined
      ? problemAt("event", { ...place, position: event.position }, `version ${version} of the stream is missing here`)
      : problemAt("event", { ...place, position: hole.from }, `version ${version} of the stream is missing`);
  }
}

/** Null when the content has no canonical form at all. */
function hashOf(event: StoredEvent): Digest | null {
  try {
    return hashEvent(event);
  } catch {
    return null;
  }
}
