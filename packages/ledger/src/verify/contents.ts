import type { Digest, StoredEvent } from "@phasegate/wire";
import type { AuditCell } from "../audit-facts.ts";
import type { AuditStats, Payload, StoredSignedHead, TaskRow } from "../port.ts";
import type { VerifyProblem } from "./report.ts";

/** An event as it was found, with what is wrong with its record as such. */
export interface FoundEvent {
  readonly event: StoredEvent;
  readonly fault: string | null;
  /** True where members of the data are kept back: its content cannot be held against its hash. */
  readonly isWithheld?: boolean;
}

/** What the fold of the events says about the records that a back end keeps beside them. */
export interface Expectations {
  readonly rows: ReadonlyMap<string, TaskRow>;
  readonly holders: (taskId: string) => ReadonlySet<string>;
  /** Where each stream ends. */
  readonly lastEventOf: (stream: string) => StoredEvent | null;
  readonly erasedByEvent: ReadonlySet<string>;
}

/** Everything that a verification reads; each back end gives it without judging it. */
export interface LedgerContents {
  /** In position order. */
  events(): AsyncIterable<FoundEvent>;
  signedHeads(stream: string): Promise<readonly StoredSignedHead[]>;
  taskRows(): AsyncIterable<TaskRow>;
  stats(): Promise<AuditStats>;
  /** The single counters, where they can be read. */
  cells(): Promise<readonly AuditCell[] | null>;
  payload(digest: Digest): Promise<Payload | null>;
  /** What only this back end can compare. */
  ownProblems(expected: Expectations): Promise<readonly VerifyProblem[]>;
}
