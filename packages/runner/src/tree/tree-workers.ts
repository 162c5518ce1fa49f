import { Worker } from "node:worker_threads";
import { PhasegateError } from "@phasegate/wire/core";
import type { ProblemExtras, ReasonCode } from "@phasegate/wire";
import type { PathClass, StoredScan } from "./scanner.ts";
import type { UseBounds, WorkspaceUse } from "./workspace-use.ts";
import type { Classify, ResetRequest, RestoreRequest, ScanRequest, TreeHostOptions } from "./tree-host.ts";

export type TreeMethod = "scan" | "restore" | "reset" | "forget" | "measure" | "removeSince";

export interface MeasureRequest {
  readonly root: string;
  readonly bounds: UseBounds;
}

export interface RemoveSinceRequest {
  readonly root: string;
  readonly sinceMs: number;
  readonly keep: readonly string[];
}

export type ToWorker =
  | { readonly type: "call"; readonly id: number; readonly method: TreeMethod; readonly request: unknown }
  | { readonly type: "classified"; readonly id: number; readonly classes: readonly PathClass[] };

export type FromWorker =
  | { readonly type: "classify"; readonly id: number; readonly paths: readonly string[] }
  | { readonly type: "result"; readonly id: number; readonly result: unknown }
  | {
      readonly type: "error";
      readonly id: number;
      readonly message: string;
      readonly known: { readonly code: ReasonCode; readonly extras: ProblemExtras } | null;
    };

interface PendingCall {
  readonly classify: Classify | null;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

interface Member {
  readonly worker: Worker;
  readonly pending: Map<number, PendingCall>;
}

/**
 * Keeps file work off the event loop: a fixed number of threads, each workspace always on the same one, which
 * remembers what it saw. A thread that dies fails the calls that it had, and a new one takes its place.
 */
export class TreeWorkers {
  readonly #options: TreeHostOptions;
  readonly #members: (Member | null)[];
  readonly #homes = new Map<string, number>();
  #nextHome = 0;
  #nextId = 0;
  #closed = false;

  constructor(options: TreeHostOptions, count: number) {
    this.#options = options;
    this.#members = Array.from({ length: count }, () => null);
  }

  /** The tree now, as differences from `request.from`, or from the empty tree. */
  scan(request: ScanRequest, classify: Classify): Promise<StoredScan> {
    return this.#call(request.root, "scan", request, classify) as Promise<StoredScan>;
  }

  async restore(request: RestoreRequest): Promise<void> {
    await this.#call(request.root, "restore", request, null);
  }

  async reset(request: ResetRequest): Promise<void> {
    await this.#call(request.root, "reset", request, null);
  }

  /** See `measureUse`. */
  measure(request: MeasureRequest): Promise<WorkspaceUse> {
    return this.#call(request.root, "measure", request, null) as Promise<WorkspaceUse>;
  }

  /** See `removeSince`. */
  async removeSince(request: RemoveSinceRequest): Promise<void> {
    await this.#call(request.root, "removeSince", request, null);
  }

  async forget(root: string): Promise<void> {
    await this.#call(root, "forget", root, null);
    this.#homes.delete(root);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#members.flatMap((member) => (member === null ? [] : [member.worker.terminate()])));
  }

  #call(root: string, method: TreeMethod, request: unknown, classify: Classify | null) {
    if (this.#closed) return Promise.reject(new PhasegateError("shutting_down", "the runner is closing"));
    const member = this.#memberFor(root);
    const id = (this.#nextId += 1);
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    member.pending.set(id, { classify, resolve, reject });
    member.worker.ref();
    member.worker.postMessage({ type: "call", id, method, request } satisfies ToWorker);
    return promise.finally(() => {
      // A thread without work holds nothing that must be finished, so it does not keep the process alive.
      if (member.pending.size === 0) member.worker.unref();
    });
  }

  #memberFor(root: string): Member {
    let home = this.#homes.get(root);
    if (home === undefined) {
      home = this.#nextHome;
      this.#nextHome = (home + 1) % this.#members.length;
      this.#homes.set(root, home);
    }
    return this.#members[home] ?? this.#start(home);
  }

  #start(home: number): Member {
    const worker = new Worker(new URL("./tree-worker.ts", import.meta.url), { workerData: this.#options });
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
    if (message.type === "result") call.resolve(message.result);
    else if (message.known === null) call.reject(new PhasegateError("workspace_unavailable", message.message));
    else call.reject(new PhasegateError(message.known.code, message.message, message.known.extras));
  }
}
