import { createPublicKey, verify, type KeyObject } from "node:crypto";
import type { Digest, StoredEvent } from "@phasegate/wire";
import { canonicalJson, digestJson, isEvent } from "@phasegate/wire/core";
import {
  auditBodies,
  auditCellKey,
  auditFacts,
  auditStatsOf,
  decodeAuditCell,
  type AuditCell,
} from "../audit-facts.ts";
import type { StoredSignedHead, TaskRow } from "../port.ts";
import { TaskIndex } from "../task-index.ts";
import { ChainCheck } from "./chain-check.ts";
import type { Expectations, LedgerContents } from "./contents.ts";
import { inOrder, maxProblems, problemAt, short, type VerifyProblem, type VerifyReport } from "./report.ts";

export interface VerifyOptions {
  /** SPKI PEM keys of the server; without any, signatures are not judged. */
  readonly publicKeys?: readonly string[];
}

/** Verifies all that is in `contents`; reads everything once, changes nothing. */
export async function verifyContents(contents: LedgerContents, options: VerifyOptions = {}): Promise<VerifyReport> {
  return new Verification(
    contents,
    (options.publicKeys ?? []).map((pem) => createPublicKey(pem)),
  ).run();
}

class Verification {
  readonly #contents: LedgerContents;
  readonly #keys: readonly KeyObject[];
  readonly #chain = new ChainCheck();
  readonly #index = new TaskIndex();
  readonly #counted = new Map<string, AuditCell>();
  readonly #heads = new Map<string, readonly StoredSignedHead[]>();
  readonly #erasedByEvent = new Set<string>();
  readonly #erased = new Map<Digest, StoredEvent>();
  readonly #problems: VerifyProblem[] = [];
  #signedHeads = 0;

  constructor(contents: LedgerContents, keys: readonly KeyObject[]) {
    this.#contents = contents;
    this.#keys = keys;
  }

  async run(): Promise<VerifyReport> {
    const cells = await this.#contents.cells();
    const kept = cells && countsByKey(cells);
    for await (const found of this.#contents.events()) {
      const { problem, isWhole } = this.#chain.take(found);
      this.#note(problem);
      const { event } = found;
      // What an event with changed content says is not taken for anything.
      if (!isWhole) continue;
      this.#count(event, kept);
      this.#fold(event);
      if (isEvent(event, "payload.erased")) this.#erasedByEvent.add(event.data.digest);
      await this.#checkHead(event);
      await this.#checkBodies(event);
    }
    if (kept !== null) this.#chain.endAt([...kept.values()].reduce((total, count) => total + count, 0));
    this.#checkTails();
    this.#checkHoles();
    this.#checkErasures();
    await this.#checkIndex();
    await this.#checkCounters(kept);
    for (const problem of await this.#contents.ownProblems(this.#expectations())) this.#note(problem);
    return this.#report();
  }

  #note(problem: VerifyProblem | null): void {
    if (problem === null) return;
    this.#problems.push(problem);
    // The first in order must survive the bound, so it is applied to what is sorted.
    if (this.#problems.length > 4 * maxProblems) {
      this.#problems.splice(0, Infinity, ...inOrder(this.#problems).slice(0, maxProblems));
    }
  }

  #fold(event: StoredEvent): void {
    try {
      this.#index.apply(event.stream, [event], undefined);
    } catch {
      this.#note(problemAt("event", event, `its data is not that of a \`${event.type}\``));
    }
  }

  /** An event beyond what its counter says was not written by the ledger, or its counter was changed. */
  #count(event: StoredEvent, kept: ReadonlyMap<string, number> | null): void {
    const facts = auditFacts(event);
    const key = auditCellKey(facts);
    const count = (this.#counted.get(key)?.count ?? 0) + 1;
    this.#counted.set(key, decodeAuditCell(key, count));
    if (kept !== null && count === (kept.get(key) ?? 0) + 1) {
      const what = `it is number ${count} of its kind, but the counter of ${nameOf(facts)} says ${count - 1}`;
      this.#note(problemAt("counter", event, what));
    }
  }

  async #checkHead(event: StoredEvent): Promise<void> {
    let heads = this.#heads.get(event.stream);
    if (heads === undefined) {
      heads = await this.#contents.signedHeads(event.stream);
      this.#heads.set(event.stream, heads);
      this.#signedHeads += heads.length;
    }
    const head = heads.find(({ version }) => version === event.version);
    if (head === undefined) return;
    if (head.hash !== event.hash) {
      this.#note(
        problemAt("head", event, `the signed head has the hash \`${short(head.hash)}\`, the event has another`),
      );
    } else if (this.#keys.length > 0 && !this.#isSigned(event.stream, head)) {
      this.#note(problemAt("head", event, `the signature of the head by \`${head.keyId}\` does not hold`));
    }
  }

  #isSigned(stream: string, { version, hash, signature }: StoredSignedHead): boolean {
    const bytes = Buffer.from(canonicalJson({ stream, version, hash }));
    return this.#keys.some((key) => verify(null, bytes, key, Buffer.from(signature, "base64url")));
  }

  async #checkBodies(event: StoredEvent): Promise<void> {
    const { args, result } = auditBodies(event);
    for (const digest of [args, result]) {
      const payload = digest === null ? null : await this.#contents.payload(digest);
      if (digest === null || payload === null) continue;
      if (payload.state === "erased") {
        if (!this.#erased.has(digest)) this.#erased.set(digest, event);
      } else if (digestJson(payload.body) !== digest) {
        this.#note(problemAt("payload", event, `the body under \`${short(digest)}\` has another digest`));
      }
    }
  }

  /** Holes in the positions that no missing version explains: the ends of streams. */
  #checkHoles(): void {
    for (const { from, to } of this.#chain.missing) {
      const known = this.#problems.filter(({ position }) => position !== null && position >= from && position <= to);
      if (known.length > 0) continue;
      const what = from === to ? `the event at position ${from} is missing` : `the events ${from} to ${to} are missing`;
      this.#note(problemAt("event", { position: from }, what));
    }
  }

  /** A signed head beyond the end of its stream: the tail was dropped. */
  #checkTails(): void {
    for (const [stream, heads] of this.#heads) {
      const end = this.#chain.lastEventOf(stream);
      const beyond = heads.find(({ version }) => version > (end?.version ?? 0));
      if (beyond === undefined) continue;
      const version = (end?.version ?? 0) + 1;
      const hole = this.#chain.missing.find(({ to }) => to > (end?.position ?? 0));
      const position = hole?.from ?? (end?.position ?? 0) + 1;
      const what = `version ${version} of the stream is missing: its head was signed at version ${beyond.version}`;
      this.#note(problemAt("event", { stream, version, position }, what));
    }
  }

  #checkErasures(): void {
    for (const [digest, event] of this.#erased) {
      if (this.#erasedByEvent.has(digest)) continue;
      this.#note(problemAt("erasure", event, `the body under \`${short(digest)}\` is gone, but no event erased it`));
    }
  }

  async #checkIndex(): Promise<void> {
    const unseen = new Map<string, TaskRow>([...this.#index.rows()].map((row) => [row.id, row]));
    for await (const row of this.#contents.taskRows()) {
      const expected = unseen.get(row.id);
      unseen.delete(row.id);
      const end = this.#chain.lastEventOf(`task/${row.id}`);
      const place = end ?? { stream: `task/${row.id}` };
      if (expected === undefined)
        this.#note(problemAt("index", place, `the index has a row of \`${row.id}\`, the events know no such task`));
      else this.#note(differenceOf(place, row, expected));
    }
    for (const { id } of unseen.values()) {
      this.#note(problemAt("index", this.#chain.lastEventOf(`task/${id}`) ?? {}, `the index has no row of \`${id}\``));
    }
  }

  async #checkCounters(kept: ReadonlyMap<string, number> | null): Promise<void> {
    if (kept === null) {
      const expected = canonicalJson(auditStatsOf(this.#counted.values()));
      if (canonicalJson(await this.#contents.stats()) === expected) return;
      this.#note(problemAt("counter", {}, "the statistics are not those of the events"));
      return;
    }
    for (const [key, count] of kept) {
      const found = this.#counted.get(key)?.count ?? 0;
      if (found >= count) continue;
      const name = nameOf(decodeAuditCell(key, count));
      this.#note(problemAt("counter", {}, `the counter of ${name} says ${count}, there are ${found}`));
    }
  }

  #expectations(): Expectations {
    return {
      rows: new Map([...this.#index.rows()].map((row) => [row.id, row])),
      holders: (taskId) => this.#index.holdersOf(taskId as TaskRow["id"]),
      lastEventOf: (stream) => this.#chain.lastEventOf(stream),
      erasedByEvent: this.#erasedByEvent,
    };
  }

  #report(): VerifyReport {
    const problems = inOrder(this.#problems).slice(0, maxProblems);
    return {
      ok: problems.length === 0,
      firstBad: problems[0] ?? null,
      problems,
      events: this.#chain.events,
      streams: this.#chain.streams,
      tasks: [...this.#index.rows()].length,
      signedHeads: this.#signedHeads,
      signaturesChecked: this.#keys.length > 0,
      erasedPayloads: this.#erased.size,
    };
  }
}

/** The first member of a row that is not what the events say. A lease is no fold of events. */
function differenceOf(place: Parameters<typeof problemAt>[1], row: TaskRow, expected: TaskRow): VerifyProblem | null {
  for (const member of Object.keys(expected) as (keyof TaskRow)[]) {
    if (member === "leaseExpiresAt") continue;
    const found = JSON.stringify(row[member]);
    const folded = JSON.stringify(expected[member]);
    if (found !== folded) {
      return problemAt(
        "index",
        place,
        `the index says \`${member}\` of \`${expected.id}\` is ${found}, the events say ${folded}`,
      );
    }
  }
  return null;
}

function nameOf({ type, phase, toolName, success }: Omit<AuditCell, "count">): string {
  const parts = [type, phase, toolName, success === null ? null : success ? "successful" : "failed"];
  return `\`${parts.filter((part) => part !== null).join(" ")}\``;
}

/** Counters of tools that have none of their own are added up: an older ledger kept them apart. */
function countsByKey(cells: readonly AuditCell[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const cell of cells) counts.set(auditCellKey(cell), (counts.get(auditCellKey(cell)) ?? 0) + cell.count);
  return counts;
}
