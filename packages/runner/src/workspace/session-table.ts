import type { TaskId } from "@phasegate/wire";

interface Held<Session> {
  readonly session: Promise<Session>;
  users: number;
}

export interface SessionTableOptions<Key, Session> {
  open(key: Key): Promise<Session>;
  /** Lets go of what else is remembered of a task's workspace. Must not throw. */
  readonly letGo: (taskId: TaskId) => void;
  /** Sessions that may be held while nobody uses them. */
  readonly maxIdle: number;
}

/**
 * One session for each task that is worked on, opened once and shared by all who use it. Of those that nobody uses,
 * only the `maxIdle` used last are held; the others open again when they are asked for. One that did not open is
 * forgotten, so that the next call tries again.
 */
export class SessionTable<Key extends { readonly taskId: TaskId }, Session> {
  readonly #options: SessionTableOptions<Key, Session>;
  /** The one that was used last comes last. */
  readonly #held = new Map<TaskId, Held<Session>>();

  constructor(options: SessionTableOptions<Key, Session>) {
    this.#options = options;
  }

  /** INVARIANT: a session that is in use is the only one of its task. */
  async use<Result>(key: Key, work: (session: Session) => Promise<Result> | Result): Promise<Result> {
    const held = this.#held.get(key.taskId) ?? this.#open(key);
    held.users += 1;
    try {
      return await work(await held.session);
    } finally {
      held.users -= 1;
      if (this.#held.delete(key.taskId)) this.#held.set(key.taskId, held);
      this.#trim();
    }
  }

  /** The task's session where one is held; it counts as used by nobody. */
  peek(taskId: TaskId): Promise<Session> | null {
    return this.#held.get(taskId)?.session ?? null;
  }

  delete(taskId: TaskId): void {
    this.#held.delete(taskId);
  }

  all(): Promise<Session>[] {
    return [...this.#held.values()].map(({ session }) => session);
  }

  #open(key: Key): Held<Session> {
    const held: Held<Session> = { session: this.#options.open(key), users: 0 };
    this.#held.set(key.taskId, held);
    held.session.catch(() => {
      if (this.#held.get(key.taskId) === held) this.#held.delete(key.taskId);
    });
    return held;
  }

  #trim(): void {
    let surplus = [...this.#held.values()].filter(({ users }) => users === 0).length - this.#options.maxIdle;
    for (const [taskId, { users }] of this.#held) {
      if (surplus <= 0) return;
      if (users > 0) continue;
      this.#held.delete(taskId);
      this.#options.letGo(taskId);
      surplus -= 1;
    }
  }
}
