/** Task status, with the legal transitions. `overridden` is a mark on a task, not a status. */
export const statusTransitions = {
  waiting: ["ready", "cancelled", "failed"],
  ready: ["active", "waiting", "cancelled", "failed", "completed"],
  active: ["deciding", "ready", "completed", "failed", "cancelled"],
  deciding: ["active", "awaiting_approval", "ready", "completed", "failed", "cancelled"],
  awaiting_approval: ["active", "ready", "completed", "failed", "cancelled"],
  completed: ["ready"],
  failed: ["ready"],
  cancelled: ["ready"],
} as const satisfies Record<string, readonly string[]>;

export type TaskStatus = keyof typeof statusTransitions;
export const taskStatuses = Object.keys(statusTransitions) as TaskStatus[];

/** The three from which only an operator's `reopen` leads back. */
export const terminalStatuses: readonly TaskStatus[] = ["completed", "failed", "cancelled"];

export function isTerminal(status: TaskStatus): boolean {
  return terminalStatuses.includes(status);
}

export function isLegalStatusChange(from: TaskStatus, to: TaskStatus): boolean {
  return (statusTransitions[from] as readonly string[]).includes(to);
}
