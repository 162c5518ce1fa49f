import type { TaskState } from "@phasegate/engine";
import { isTerminal, parseDigest } from "@phasegate/wire";
import type { TaskId, TreeDigest } from "@phasegate/wire";
import type { TaskRow } from "@phasegate/ledger";
import type { ServerContext } from "../context.ts";
import { Rounds } from "../rounds.ts";

const intervalMs = 3_600_000;
const firstMs = 30_000;
const pageSize = 500;
/** About 20 MB of digests. */
const maxRememberedTrees = 200_000;
const hourMs = 3_600_000;

/** What an ended task still needs; it changes no more unless it is reopened. */
interface EndedTask {
  readonly trees: readonly TreeDigest[];
  readonly endedAt: number;
  readonly isDiscarded: boolean;
}

/**
 * Frees what no task needs any more: workspaces of tasks that ended long enough ago, and stored trees and contents that
 * nobody can ask for. Soon after the start, and every hour.
 */
export class StoreKeeper {
  /** Whoever made this starts and ends them. */
  readonly rounds: Rounds;
  readonly #context: ServerContext;
  /** As many as fit; the others are looked at in each round. */
  readonly #ended = new Map<TaskId, EndedTask>();
  #remembered = 0;

  constructor(context: ServerContext) {
    this.#context = context;
    this.rounds = new Rounds({
      run: () => this.keep(),
      intervalMs,
      firstMs,
      log: context.log,
      failed: "unused data could not be removed",
    });
  }

  /** One round, now. */
  async keep(): Promise<void> {
    const { runner, clock, config, log } = this.#context;
    const trees = new Set<TreeDigest>();
    const open = new Map<TaskId, readonly TreeDigest[]>();
    for await (const { id, status } of this.#tasks()) {
      if (this.rounds.stopped) return;
      // An ended task may have been reopened since.
      if (!isTerminal(status)) this.#forget(id);
      const ended = this.#ended.get(id) ?? (await this.#look(id, open));
      if (ended === null) continue;
      for (const tree of ended.trees) trees.add(tree);
      await this.#discard(id, ended);
    }
    for (const needed of open.values()) for (const tree of needed) trees.add(tree);
    const removed = await runner.collect({
      trees: [...trees],
      open,
      now: clock.now(),
      graceMs: config.runner.keep_unused_contents_hours * hourMs,
    });
    if (removed.contents > 0) log.info(removed, "stored contents that nobody needs were removed");
  }

  async *#tasks(): AsyncIterable<Pick<TaskRow, "id" | "status">> {
    let cursor: string | null = null;
    do {
      const page = await this.#context.ledger.listTasks({ limit: pageSize, ...(cursor === null ? {} : { cursor }) });
      yield* page.rows;
      cursor = page.nextCursor;
    } while (cursor !== null);
  }

  /** Adds what an open task may need to `open`; an ended one is remembered and answered. */
  async #look(id: TaskId, open: Map<TaskId, readonly TreeDigest[]>): Promise<EndedTask | null> {
    const task = await this.#context.tasks.load(id);
    if (task === null) return null;
    const found = new Set<TreeDigest>();
    collectDigests(task, found);
    if (!isTerminal(task.status)) {
      open.set(id, [...found]);
      return null;
    }
    // It can be reopened, and its differences, evidence and approvals can be asked for: all that its state names stays.
    const ended = { trees: [...found], endedAt: endOf(task), isDiscarded: false };
    this.#remember(id, ended);
    return ended;
  }

  #remember(id: TaskId, ended: EndedTask): void {
    this.#forget(id);
    if (this.#remembered + ended.trees.length > maxRememberedTrees) return;
    this.#ended.set(id, ended);
    this.#remembered += ended.trees.length;
  }

  #forget(id: TaskId): void {
    this.#remembered -= this.#ended.get(id)?.trees.length ?? 0;
    this.#ended.delete(id);
  }

  async #discard(id: TaskId, ended: EndedTask): Promise<void> {
    const { runner, clock, config } = this.#context;
    if (ended.isDiscarded || clock.now() - ended.endedAt < config.runner.keep_ended_workspaces_hours * hourMs) return;
    const task = await this.#context.tasks.load(id);
    if (task === null || !isTerminal(task.status)) return;
    await runner.discardWorkspace(id);
    this.#remember(id, { ...ended, isDiscarded: true });
  }
}

/** The moment from which nobody was in the task's last phase any more, or the last that is known. */
function endOf(task: TaskState): number {
  const last = task.history.at(-1);
  return Date.parse(last?.leftAt ?? last?.enteredAt ?? task.createdAt);
}

/** Every digest that a value holds, of trees or of anything else: what is no tree names none. */
function collectDigests(value: unknown, found: Set<TreeDigest>): void {
  if (typeof value === "string") {
    const digest = parseDigest(value);
    if (digest !== null) found.add(digest as TreeDigest);
  } else if (typeof value === "object" && value !== null) {
    for (const member of Object.values(value)) collectDigests(member, found);
  }
}
