import type { BigIntStats } from "node:fs";
import { Worker } from "node:worker_threads";
import { glanceAtRest, makeTable, place, state, type GlanceTable } from "./glance-table.ts";

export type ToGlanceWorker =
  | { readonly type: "cover"; readonly id: number; readonly table: GlanceTable }
  | { readonly type: "look" | "close"; readonly id: number };

/** Fewer files are looked at faster than a second thread begins. */
const defaultLeastFiles = 2000;
const longestWaitMs = 2000;

/** The second thread, which helps every workspace of the first one. It begins when it is first needed. */
export class GlanceThread {
  #worker: Worker | null = null;
  #lastId = 0;
  #failed = false;

  nextId(): number {
    this.#lastId += 1;
    return this.#lastId;
  }

  post(message: ToGlanceWorker): void {
    if (this.#failed) return;
    this.#worker ??= this.#start();
    this.#worker.postMessage(message);
  }

  /** Ends the thread for good; each glance goes on alone. */
  fail(): void {
    this.#failed = true;
    void this.#worker?.terminate();
  }

  #start(): Worker {
    const worker = new Worker(new URL("./glance-worker.ts", import.meta.url));
    worker.on("error", () => this.fail());
    worker.unref();
    return worker;
  }
}

/**
 * A quick look at all files that are known and settled, by two threads, before a workspace is walked. It only ever
 * says that a file is exactly as known; about everything else the walk finds out itself. That a path was looked at
 * makes it no entry: only what the walk then meets is one.
 */
export class Glance {
  readonly #root: string;
  readonly #thread: GlanceThread;
  readonly #id: number;
  readonly #leastFiles: number;
  readonly #places = new Map<string, number>();
  #table: GlanceTable | null = null;

  constructor(root: string, thread: GlanceThread, options: { leastFiles?: number } = {}) {
    this.#leastFiles = options.leastFiles ?? defaultLeastFiles;
    this.#root = root;
    this.#thread = thread;
    this.#id = thread.nextId();
  }

  /** The number of files that it looks at. */
  get size(): number {
    return this.#places.size;
  }

  /** From now on these are the files. */
  cover(files: readonly (readonly [path: string, stats: BigIntStats])[]): void {
    this.close();
    if (files.length < this.#leastFiles) return;
    const table = makeTable(this.#root, files);
    for (const [index, [path]] of files.entries()) this.#places.set(path, index);
    this.#table = table;
    this.#thread.post({ type: "cover", id: this.#id, table });
  }

  /** A file that is known as something else by now is not looked at any more. */
  forget(path: string): void {
    this.#places.delete(path);
  }

  /** Looks at all of them now. */
  look(): void {
    if (this.#table === null) return;
    const { same, shared } = this.#table;
    same.fill(0);
    Atomics.store(shared, place.next, 0);
    Atomics.store(shared, place.state, state.asked);
    this.#thread.post({ type: "look", id: this.#id });
    glanceAtRest(this.#table);
    if (Atomics.compareExchange(shared, place.state, state.asked, state.idle) !== state.working) return;
    if (Atomics.wait(shared, place.state, state.working, longestWaitMs) !== "timed-out") return;
    // What it still writes goes to a table that nobody reads any more.
    this.#thread.fail();
    this.close();
  }

  /** True when the last look found the file exactly as it is known. */
  isAsKnown(path: string): boolean {
    const index = this.#places.get(path);
    return index !== undefined && this.#table?.same[index] === 1;
  }

  close(): void {
    if (this.#table !== null) this.#thread.post({ type: "close", id: this.#id });
    this.#table = null;
    this.#places.clear();
  }
}
