import { Worker } from "node:worker_threads";
import { PhasegateError } from "@phasegate/wire/core";
import type { ProblemExtras, ReasonCode } from "@phasegate/wire";
import type { PathClass, StoredScan } from "./scanner.ts";
import { sharedBounds } from "./shared-thread.ts";
import type { UseBounds, WorkspaceUse } from "./workspace-use.ts";
import type { Classify, ResetRequest, RestoreRequest, ScanRequest, TreeHostOptions } from "./tree-host.ts";

export type TreeMethod = "scan" | "restore" | "reset" | "forget" | "measure" | "removeSince" | "clearSpecialBits";

export interface MeasureRequest {
  readonly root: string;
  readonly bounds: UseBounds;
}

export interface RemoveSinceRequest {
  readonly root: string;
  readonly sinceMs: number;
  readonly keep: readonly string[];
}

export interface ClearSpecialBitsRequest {
  readonly root: string;
  readonly keep: readonly string[];
}

export type ToWorker =
  | { readonly type: "call"; readonly id: number; readonly method: TreeMethod; readonly request: unknown }
  | { readonly type: "classified"; readonly id: number; readonly classes: readonly PathClass[] };

export type FromWorker =
  | { readonly type: "classify"; readonly id: number; readonly paths: readonly string[] }
  | { readonly type: "result"; readonly id: number; readonly result: unknown }
  /** To be begun again where large workspaces are; with the bytes that were stored until then. */
  | { readonly type: "too_large_to_share"; readonly id: number; readonly storedBytes: number }
  | {
      readonly type: "error";
      readonly id: number;
      readonly message: string;
      readonly known: { readonly code: ReasonCode; readonly extras: ProblemExtras } | null;
    };

interface PendingCall {
  readonly root: string;
  readonly method: TreeMethod;
  readonly request: unknown;
  /** Stored for it by a thread that gave it up. */
  storedBytes: number;
  readonly classify: Classify | null;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

interface Member {
  readonly worker: Worker;
  readonly pending: Map<number, PendingCall>;
}

/** Threads for workspaces that are too large to share one with small ones; they begin when they are needed. */
const largeThreads = 4;
/** Of workspaces that nobody reads now, a thread for large ones remembers less. */
const heldOfLarge = { workspaces: 32, files: 100_000 };

/**
 * Keeps file work off the event loop: a fixed number of threads, each workspace always on the same one, which
 * remembers what it saw. A thread that dies fails the calls that it had, and a new one takes its place.
 *
 * A call on a large workspace takes its thread for long, so from the first such call on it has another: one of those for
 * large ones, the one with the fewest. What waits for a shared thread waits for small calls only.
 */
export class TreeWorkers {
  readonly #options: TreeHostOptions;
  /** The shared ones first. */
  readonly #members: (Member | null)[];
  readonly #sharedThreads: number;
  readonly #homes = new Map<string, number>();
  #nextHome = 0;
  #nextId = 0;
  #closed = false;

  constructor(options: TreeHostOptions, count: number) {
    this.#options = options;
    this.#sharedThreads = count;
    this.#members = Array.from({ length: count + largeThreads }, () => null);
  }

  /** The tree now, as differences from `request.from`, or from the empty tree. */
  scan(request: ScanRequest, classify: Classify): Promise<StoredScan> {
    return this.#call(request.root, "scan", request, classify) as Promise<StoredScan>;
  }

  async restore(request: RestoreRequest): Promise<void> {
    const { root, wanted } = request;
    const bytes = wanted.reduce((sum, { entry }) => sum + (entry?.size ?? 0), 0);
    if (wanted.length > sharedBounds.entries || bytes > sharedBounds.readBytes) this.#moveToLarge(root);
    await this.#call(root, "restore", request, null);
  }

  async reset(request: ResetRequest): Promise<void> {
    this.#moveToLarge(request.root);
    await this.#call(request.root, "reset", request, null);
  }

  /** See `measureUse`. */
  measure(request: MeasureRequest): Promise<WorkspaceUse> {
    return this.#call(request.root, "measure", request, null) as Promise<WorkspaceUse>;
  }

  /** See `removeSince`. */
  async removeSince(request: RemoveSinceRequest): Promise<void> {
    this.#moveToLarge(request.root);
    await this.#call(request.root, "removeSince", request, null);
  }

  /** See `clearSpecialBits`. */
  async clearSpecialBits(request: ClearSpecialBitsRequest): Promise<void> {
    this.#moveToLarge(request.root);
    await this.#call(request.root, "clearSpecialBits", request, null);
  }

  async forget(root: string): Promise<void> {
    const home = this.#homes.get(root);
    if (home === undefined) return;
    await this.#call(root, "forget", root, null);
    this.#homes.delete(root);
    this.#endIfUnused(home);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#members.flatMap((member) => (member === null ? [] : [member.worker.terminate()])));
  }

  #call(root: string, method: TreeMethod, request: unknown, classify: Classify | null) {
    if (this.#closed) return Promise.reject(new PhasegateError("shutting_down", "the runner is closing"));
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#post({ root, method, request, storedBytes: 0, classify, resolve, reject });
    return promise.finally(() => {
      // A thread without work holds nothing that must be finished, so it does not keep the process alive.
      for (const member of this.#members) if (member?.pending.size === 0) member.worker.unref();
    });
  }

  #post(call: PendingCall): void {
    const member = this.#memberFor(call.root);
    const id = (this.#nextId += 1);
    member.pending.set(id, call);
    member.worker.ref();
    const { method, request } = call;
    member.worker.postMessage({ type: "call", id, method, request } satisfies ToWorker);
  }

  /** What a shared thread still has of it there is finished there. */
  #moveToLarge(root: string): void {
    if ((this.#homes.get(root) ?? 0) >= this.#sharedThreads) return;
    const large = Array.from({ length: largeThreads }, (_, index) => this.#sharedThreads + index);
    const load = (home: number): number => [...this.#homes.values()].filter((one) => one === home).length;
    this.#homes.set(
      root,
      large.reduce((least, home) => (load(home) < load(least) ? home : least)),
    );
  }

  #endIfUnused(home: number): void {
    const member = this.#members[home];
    const isUsed = home < this.#sharedThreads || [...this.#homes.values()].includes(home);
    if (isUsed || !member || member.pending.size > 0) return;
    this.#members[home] = null;
    void member.worker.terminate();
  }

  #memberFor(root: string): Member {
    let home = this.#homes.get(root);
    if (home === undefined) {
      home = this.#nextHome;
      this.#nextHome = (home + 1) % this.#sharedThreads;
      this.#homes.set(root, home);
    }
    return this.#members[home] ?? this.#start(home);
  }

  #start(home: number): Member {
    const isShared = home < this.#sharedThreads;
    const workerData = { ...this.#options, ...(isShared ? {} : { held: heldOfLarge }), isShared };
    const worker = new Worker(new URL("./tree-worker.ts", import.meta.url), { workerData });
    const member: Member = { worker, pending: new Map() };
    worker.on("message", (message: FromWorker) => this.#receive(member, message));
    let cause: unknown;
    worker.on("error", (error) => {
      cause = error;
    });
    worker.on("exit", () => {
      if (this.#members[home] === member) this.#members[home] = null;
      for (const call of member.pending.values()) {
        call.reject(
          new PhasegateError("workspace_unavailable", "the thread that reads workspaces ended", {}, { cause }),
        );
      }
      member.pending.clear();
    });
    this.#members[home] = member;
    return member;
  }

  #receive(member: Member, message: FromWorker): void {
    const call = member.pending.get(message.id);
    if (call === undefined) return;
    if (message.type === "classify") {
      (call.classify?.(message.paths) ?? Promise.resolve([]))
        .then((classes) =>
          member.worker.postMessage({ type: "classified", id: message.id, classes } satisfies ToWorker),
        )
        .catch((error: unknown) => {
          member.pending.delete(message.id);
          call.reject(error instanceof Error ? error : new Error(String(error)));
        });
      return;
    }
    member.pending.delete(message.id);
    if (message.type === "too_large_to_share") {
      call.storedBytes += message.storedBytes;
      this.#moveToLarge(call.root);
      this.#post(call);
    } else if (message.type === "result") call.resolve(withStored(call, message.result));
    else if (message.known === null) call.reject(new PhasegateError("workspace_unavailable", message.message));
    else call.reject(new PhasegateError(message.known.code, message.message, message.known.extras));
  }
}

function withStored({ method, storedBytes }: PendingCall, result: unknown): unknown {
  if (method !== "scan" || storedBytes === 0) return result;
  const scan = result as StoredScan;
  return { ...scan, storedBytes: scan.storedBytes + storedBytes };
}
