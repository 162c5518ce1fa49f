import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Past it a call's outcome is no longer told. */
const keptMs = 86_400_000;

/**
 * Which event the server gave to a call, from before it runs until its outcome is told. A note that cannot be kept
 * costs only the record of the outcome: the decision is in the ledger already.
 */
export class OpenCalls {
  readonly #folder: string;

  constructor(bindingsFolder: string) {
    this.#folder = join(bindingsFolder, "calls");
  }

  note(callKey: string, eventId: string): void {
    try {
      mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
      writeFileSync(join(this.#folder, callKey), eventId, { mode: 0o600 });
    } catch {
      // See above.
    }
  }

  /** Null where none was noted; each is taken once. */
  take(callKey: string): string | null {
    const file = join(this.#folder, callKey);
    try {
      const eventId = readFileSync(file, "utf8");
      rmSync(file);
      return eventId;
    } catch {
      return null;
    }
  }

  /** Calls that were refused by the person, or whose host died. */
  forgetOld(now: number): void {
    try {
      for (const name of readdirSync(this.#folder)) {
        const file = join(this.#folder, name);
        if (now - statSync(file).mtimeMs > keptMs) rmSync(file, { force: true });
      }
    } catch {
      // Nothing was ever noted.
    }
  }
}
