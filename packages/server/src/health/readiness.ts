import { mkdtemp, rmdir, statfs } from "node:fs/promises";
import { join } from "node:path";
import type { ProbeResult } from "@phasegate/runner";
import { TimeLimit, TimeLimitError } from "@phasegate/resilience";
import { PhasegateError } from "@phasegate/wire";
import type { ServerContext } from "../context.ts";
import type { Load } from "../http/load.ts";
import type { ClockWatch } from "./clock-watch.ts";

const mebibyte = 1024 ** 2;
const checkMs = 12_000;
const keptMs = 10_000;
const sampleMs = 5_000;

export interface HealthCheck {
  readonly name: string;
  readonly ok: boolean;
  /** For operators: it may hold figures and paths. */
  readonly detail: string;
}

type Parts = Pick<ServerContext, "config" | "ledger" | "log"> & {
  readonly runner: Pick<ServerContext["runner"], "probe">;
};

/**
 * Whether work can be taken: no requests are sent away, the ledger takes a durable write, the clock did not jump, disk is left, workspaces can be
 * made, git and commands run. Each check ends within a bound, and commands are tried once in ten seconds at most. The
 * clock is looked at from the start on, by a timer, until `close`.
 */
export class Readiness {
  readonly #parts: Parts;
  readonly #clock: ClockWatch;
  readonly #load: Pick<Load, "requireRoom">;
  readonly #limit = new TimeLimit({ timeoutMs: checkMs });
  readonly #timer: NodeJS.Timeout;
  #probed: { readonly at: number; readonly result: Promise<readonly ProbeResult[]> } | null = null;

  constructor(parts: Parts, clock: ClockWatch, load: Pick<Load, "requireRoom">) {
    this.#parts = parts;
    this.#clock = clock;
    this.#load = load;
    this.#timer = setInterval(() => this.#jumpMs(), sampleMs);
    this.#timer.unref();
  }

  /** Throws `overloaded`, `ledger_unavailable` or `not_ready` for the first that does not hold; figures and paths go to the log only. */
  async require(): Promise<void> {
    for (const [name, check] of this.#checks()) {
      try {
        await this.#limit.execute(check);
      } catch (error) {
        throw this.#refusal(name, error);
      }
    }
  }

  /** Every check with what was found. */
  examine(): Promise<readonly HealthCheck[]> {
    return Promise.all(
      this.#checks().map(async ([name, check]) => {
        try {
          return { name, ok: true, detail: await this.#limit.execute(check) };
        } catch (error) {
          return { name, ok: false, detail: detailOf(error) };
        }
      }),
    );
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #checks(): readonly (readonly [string, () => Promise<string>])[] {
    return [
      ["load", () => this.#requestsAreTaken()],
      ["ledger", () => this.#ledger()],
      ["clock", () => this.#clockIsSound()],
      ["disk", () => this.#diskIsLeft()],
      ["workspaces", () => this.#workspacesCanBeMade()],
      ["runner", () => this.#commandsRun()],
    ];
  }

  async #requestsAreTaken(): Promise<string> {
    this.#load.requireRoom();
    return "no request is sent away for want of room";
  }

  async #ledger(): Promise<string> {
    await this.#parts.ledger.probe();
    return "a durable write was made";
  }

  async #clockIsSound(): Promise<string> {
    const jumpMs = this.#jumpMs();
    if (jumpMs !== null) throw notReady("the clock jumped", `by ${Math.round(jumpMs)} ms`);
    return "no jump in the last half minute";
  }

  #jumpMs(): number | null {
    return this.#clock.jumpMs(this.#parts.config.health.max_clock_jump_seconds * 1_000);
  }

  async #diskIsLeft(): Promise<string> {
    const { storage, health } = this.#parts.config;
    const free = await Promise.all(
      [...new Set([storage.data_dir, this.#workspaces])].map(async (directory) => {
        const { bavail, bsize } = await statfs(directory);
        return { directory, freeMb: Math.floor((bavail * bsize) / mebibyte) };
      }),
    );
    const detail = free.map(({ directory, freeMb }) => `${freeMb} MB are free for ${directory}`).join("; ");
    if (free.some(({ freeMb }) => freeMb < health.min_free_disk_mb)) throw notReady("the disk is nearly full", detail);
    return detail;
  }

  async #workspacesCanBeMade(): Promise<string> {
    try {
      await rmdir(await mkdtemp(join(this.#workspaces, ".probe-")));
      return `a folder was made in ${this.#workspaces}`;
    } catch (error) {
      throw notReady("workspaces cannot be made", detailOf(error));
    }
  }

  async #commandsRun(): Promise<string> {
    const now = performance.now();
    if (this.#probed === null || now - this.#probed.at >= keptMs) {
      this.#probed = { at: now, result: this.#parts.runner.probe() };
    }
    const results = await this.#probed.result;
    const detail = results.map((one) => `${one.name}: ${one.detail}`).join("; ");
    if (results.some(({ held }) => !held)) throw notReady("commands do not run", detail);
    return detail;
  }

  get #workspaces(): string {
    const { runner, storage } = this.#parts.config;
    return runner.workspaces_dir ?? storage.data_dir;
  }

  #refusal(name: string, error: unknown): unknown {
    const known = error instanceof PhasegateError ? error : notReady(`${name} does not answer`, detailOf(error));
    this.#parts.log.warn({ check: name, detail: detailOf(known) }, `not ready: ${known.message}`);
    return known;
  }
}

function notReady(message: string, detail: string): PhasegateError {
  const extras = { retryAfterSeconds: 5, hint: "the server's log has the figures" };
  return new PhasegateError("not_ready", message, extras, { cause: new Error(detail) });
}

function detailOf(error: unknown): string {
  if (error instanceof TimeLimitError) return `no answer within ${checkMs / 1_000} s`;
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
