import { writeFile } from "node:fs/promises";

/**
 * Makes whole sessions nice. Where no control group shares the processors out, the kernel gives each session the same
 * weight, and the niceness of a process counts only inside its own (sched(7), "The autogroup feature"). A session that
 * a command makes begins anew, so each is to be named as it is found.
 */
export class SessionNiceness {
  readonly #niceness: number;
  readonly #settled = new Set<number>();

  constructor(niceness: number) {
    this.#niceness = niceness;
  }

  /** `sessions`: one process of each. Never rejects; what the kernel put off is done when it is named again. */
  async apply(sessions: ReadonlyMap<number, number>): Promise<void> {
    for (const [session, pid] of sessions) {
      if (this.#settled.has(session)) continue;
      const code = await setNiceness(pid, this.#niceness);
      // Ten a second for all users of the machine but root.
      if (code === "EAGAIN") return;
      this.#settled.add(session);
    }
  }
}

async function setNiceness(pid: number, niceness: number): Promise<string | undefined> {
  try {
    await writeFile(`/proc/${String(pid)}/autogroup`, String(niceness));
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code;
  }
}
