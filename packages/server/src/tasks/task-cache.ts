import { isTerminal } from "@phasegate/wire";
import type { TaskId, TaskStatus } from "@phasegate/wire";
import { LRUCache } from "lru-cache";

/** Tasks, and about how many bytes of them, that are kept of each kind. */
const bounds = {
  open: { max: 10_000, maxSize: 64 * 1024 ** 2 },
  ended: { max: 100, maxSize: 2 * 1024 ** 2 },
} as const;

/**
 * The states of tasks that were used last. What ended is seldom asked for again and would fill the memory by and by, so
 * only few of those are kept; the others are folded from the ledger anew.
 */
export class TaskCache<Task extends { readonly id: TaskId; readonly status: TaskStatus }> {
  readonly #open: LRUCache<TaskId, Task>;
  readonly #ended: LRUCache<TaskId, Task>;

  /** `memoryOf`: about how many bytes a task takes. */
  constructor(memoryOf: (task: Task) => number) {
    this.#open = new LRUCache<TaskId, Task>({ ...bounds.open, sizeCalculation: memoryOf });
    this.#ended = new LRUCache<TaskId, Task>({ ...bounds.ended, sizeCalculation: memoryOf });
  }

  get(taskId: TaskId): Task | undefined {
    return this.#open.get(taskId) ?? this.#ended.get(taskId);
  }

  set(task: Task): void {
    this.delete(task.id);
    (isTerminal(task.status) ? this.#ended : this.#open).set(task.id, task);
  }

  delete(taskId: TaskId): void {
    this.#open.delete(taskId);
    this.#ended.delete(taskId);
  }
}
