import type { EvidencePurpose, JsonObject, OperationId } from "@phasegate/wire";
import type { Clock } from "../context.ts";

interface RunUnderWay {
  readonly purpose: EvidencePurpose;
  readonly command: string;
  readonly askedAt: number;
  /** Null while it waits for a place. */
  startedAt: number | null;
}

/** How a run tells where it is; disposed when it has ended. */
interface ToldRun extends Disposable {
  started(): void;
}

/** Characters of a command that are shown. */
const maxCommandChars = 120;

/**
 * Which run each pending transition waits for, while this process makes it. Runs of one operation go one after another,
 * so each has at most one; what is not here is not under way.
 */
export class RunProgress {
  readonly #clock: Clock;
  /** By operation, in the order in which they were asked for. */
  readonly #runs = new Map<OperationId, RunUnderWay>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  begin(operationId: OperationId, { purpose, command }: { purpose: EvidencePurpose; command: string }): ToldRun {
    const run: RunUnderWay = { purpose, command: shortened(command), askedAt: this.#clock.now(), startedAt: null };
    this.#runs.set(operationId, run);
    return {
      started: () => (run.startedAt = this.#clock.now()),
      [Symbol.dispose]: () => {
        if (this.#runs.get(operationId) === run) this.#runs.delete(operationId);
      },
    };
  }

  /** The run of an operation as `metadata.jobs` shows it. */
  jobs(operationId: OperationId): JsonObject[] {
    const run = this.#runs.get(operationId);
    if (!run) return [];
    const { purpose, command, askedAt, startedAt } = run;
    const about = { kind: "evidence", purpose, command, asked_at: new Date(askedAt).toISOString() };
    if (startedAt === null) return [{ ...about, state: "waiting", ahead: this.#ahead(operationId) }];
    return [{ ...about, state: "running", started_at: new Date(startedAt).toISOString() }];
  }

  /** What a transition that is not decided waits for, and where to ask. */
  text(operationId: OperationId): string {
    const ask = `GET /api/v1/operations/${operationId} tells when it is decided`;
    const run = this.#runs.get(operationId);
    if (!run) return `the gate is being judged; ${ask}`;
    const what = `\`${run.command}\` (${run.purpose})`;
    if (run.startedAt === null) {
      return `${what} waits for a place to run, ${this.#ahead(operationId)} of other tasks wait before it; ${ask}`;
    }
    const seconds = Math.max(0, Math.round((this.#clock.now() - run.startedAt) / 1_000));
    return `${what} has been running for ${seconds} s; ${ask}`;
  }

  /** Waiting runs that were asked for earlier. Agents take turns, so one that has none running may go before them. */
  #ahead(operationId: OperationId): number {
    let ahead = 0;
    for (const [id, run] of this.#runs) {
      if (id === operationId) break;
      if (run.startedAt === null) ahead += 1;
    }
    return ahead;
  }
}

function shortened(command: string): string {
  const line = command.replaceAll(/\s+/gu, " ").trim();
  return line.length > maxCommandChars ? `${line.slice(0, maxCommandChars)}…` : line;
}
