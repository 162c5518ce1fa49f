import type { TaskState } from "@phasegate/engine";
import type { TaskId } from "@phasegate/wire";

type Listener = (task: TaskState) => void;

/** Tells those who wait for a task what each commit made of it. */
export class TaskWatch {
  readonly #listeners = new Map<TaskId, Set<Listener>>();

  notify(task: TaskState): void {
    for (const listener of this.#listeners.get(task.id) ?? []) listener(task);
  }

  /**
   * Resolves true once `reached` holds for the task, from a commit after this call; false when the signal fires
   * first. Look at the task once more after subscribing: what was committed before is not told.
   */
  until(taskId: TaskId, reached: (task: TaskState) => boolean, signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return Promise.resolve(false);
    return new Promise((resolve) => {
      const listeners = this.#listeners.get(taskId) ?? new Set();
      this.#listeners.set(taskId, listeners);
      const end = (held: boolean): void => {
        listeners.delete(listener);
        if (listeners.size === 0) this.#listeners.delete(taskId);
        signal.removeEventListener("abort", onAbort);
        resolve(held);
      };
      const onAbort = (): void => end(false);
      const listener = (task: TaskState): void => {
        if (reached(task)) end(true);
      };
      listeners.add(listener);
      signal.addEventListener("abort", onAbort, { once: true });
    });
  }
}
