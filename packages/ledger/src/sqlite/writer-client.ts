import { PhasegateError } from "@phasegate/wire";
import type { Worker } from "node:worker_threads";
import { closedError } from "../append-checks.ts";
import { decodeFailure } from "./failures.ts";
import type { CommittedGroup, FromWriter, ToWriter, WriterOperation } from "./protocol.ts";

/** An operation that waits for its answer. */
export interface Waiting {
  readonly operation: WriterOperation;
  /** Called in the order in which the writer ran the operations, in the turn in which the commit became known. */
  readonly settle: (answer: unknown) => void;
  readonly reject: (error: PhasegateError) => void;
}

interface Opened {
  readonly lastPosition: number;
  readonly authorityVersion: number;
}

/**
 * The ledger's side of the writer thread. States: *running*; *down* (the thread ended unasked; the next operation
 * starts another); *stopped* (the file was seen damaged; nothing more is written); *closed*. Operations of one turn of the event loop travel in one message, and the writer commits
 * all messages that wait in one transaction.
 */
export class WriterClient {
  readonly #spawn: () => Worker;
  readonly #onDown: (unanswered: readonly Waiting[], error: PhasegateError) => void;
  readonly #onCommit: (group: CommittedGroup) => void;
  readonly #inFlight = new Map<number, readonly Waiting[]>();
  #worker: Worker | null = null;
  #starting: Promise<void> | null = null;
  #queued: Waiting[] = [];
  #lastNumber = 0;
  #closing: Promise<void> | null = null;
  #stopped: PhasegateError | null = null;
  #authorityVersion = 0;

  /** `onDown` answers what was under way when the thread ended: some of it may have been committed. */
  constructor(options: {
    spawn: () => Worker;
    onDown: (unanswered: readonly Waiting[], error: PhasegateError) => void;
    onCommit: (group: CommittedGroup) => void;
  }) {
    this.#spawn = options.spawn;
    this.#onDown = options.onDown;
    this.#onCommit = options.onCommit;
  }

  get authorityVersion(): number {
    return this.#authorityVersion;
  }

  /** Starts the thread. Rejects with what kept the file from opening. */
  open(): Promise<Opened> {
    const worker = this.#spawn();
    return new Promise((resolve, reject) => {
      let lost: unknown;
      worker.on("error", (error: unknown) => {
        lost = error;
      });
      worker.on("message", (message: FromWriter) => {
        if (message.type === "opened") {
          this.#authorityVersion = message.authorityVersion;
          this.#worker = worker;
          resolve(message);
        } else if (message.type === "not_opened") reject(decodeFailure(message.failure));
        else this.#settle(message);
      });
      worker.once("exit", () => {
        const error = writerLost(lost);
        reject(error);
        if (this.#worker === worker) this.#fall(error);
      });
    });
  }

  /** Settles the operation once it is durable; rejects it with a PhasegateError when it is not there. */
  submit(waiting: Waiting): void {
    const refusal = this.#closing === null ? this.#stopped : closedError();
    if (refusal !== null) {
      waiting.reject(refusal);
      return;
    }
    this.#queued.push(waiting);
    if (this.#queued.length === 1) setImmediate(() => this.#send());
  }

  /** Refuses every later operation with the damage that was seen: what is written over it could not be relied on. */
  stop(damage: PhasegateError): void {
    this.#stopped ??= damage;
  }

  /** Answers what is under way, then ends the thread. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#send();
    await this.#starting;
    const worker = this.#worker;
    if (worker === null) return;
    const ended = new Promise<void>((resolve) => worker.once("exit", () => resolve()));
    this.#post(worker, { type: "close" });
    await ended;
  }

  #send(): void {
    if (this.#queued.length === 0) return;
    if (this.#worker === null) {
      this.#starting ??= this.#restart();
      return;
    }
    const waiting = this.#queued;
    this.#queued = [];
    this.#lastNumber += 1;
    this.#inFlight.set(this.#lastNumber, waiting);
    this.#post(this.#worker, {
      type: "operations",
      number: this.#lastNumber,
      operations: waiting.map(({ operation }) => operation),
    });
  }

  async #restart(): Promise<void> {
    try {
      await this.open();
      this.#starting = null;
      this.#send();
    } catch (error) {
      this.#starting = null;
      const waiting = this.#queued;
      this.#queued = [];
      for (const { reject } of waiting) reject(error instanceof PhasegateError ? error : writerLost(error));
    }
  }

  #fall(error: PhasegateError): void {
    this.#worker = null;
    const unanswered = [...this.#inFlight.values()].flat();
    this.#inFlight.clear();
    if (unanswered.length > 0) this.#onDown(unanswered, error);
  }

  #settle(message: FromWriter): void {
    if (message.type !== "committed") return;
    this.#authorityVersion = message.authorityVersion ?? this.#authorityVersion;
    this.#onCommit(message.group);
    for (const { number, outcomes } of message.batches) {
      const waiting = this.#inFlight.get(number) ?? [];
      this.#inFlight.delete(number);
      for (const [index, { settle, reject }] of waiting.entries()) {
        const outcome = outcomes[index];
        if (outcome?.ok === true) {
          settle(outcome.answer);
          continue;
        }
        const error = outcome === undefined ? writerLost() : decodeFailure(outcome.failure);
        if (error.code === "ledger_corrupt") this.stop(error);
        reject(error);
      }
    }
  }

  #post(worker: Worker, message: ToWriter): void {
    worker.postMessage(message);
  }
}

/** What an operation answers whose writer ended before it was committed. */
export function writerLost(cause?: unknown): PhasegateError {
  return new PhasegateError(
    "ledger_unavailable",
    "the ledger's writer stopped",
    { hint: "try again; nothing of the request was recorded" },
    cause === undefined ? {} : { cause },
  );
}
