export interface RoundsOptions {
  /** One round. What it throws is logged, and the next round comes in its time. */
  readonly run: () => Promise<unknown>;
  readonly intervalMs: number;
  /** Before the first round. Default: `intervalMs`. */
  readonly firstMs?: number;
  readonly log: { error(details: { readonly err: unknown }, text: string): void };
  /** What the log says of a round that threw. */
  readonly failed: string;
}

/**
 * Runs rounds one after the other, each a while after the end of the one before.
 *
 * States: *made*, *resting* (a timer runs), *running* (one round runs, no timer), *stopped*. `start` leads from made to
 * resting, `close` to stopped from anywhere; it resolves when no round runs. The timer keeps no process alive.
 */
export class Rounds {
  readonly #options: RoundsOptions;
  #timer: NodeJS.Timeout | null = null;
  #round: Promise<unknown> = Promise.resolve();
  #stopped = false;

  constructor(options: RoundsOptions) {
    this.#options = options;
  }

  /** A long round looks here, and ends early. */
  get stopped(): boolean {
    return this.#stopped;
  }

  start(): void {
    this.#rest(this.#options.firstMs ?? this.#options.intervalMs);
  }

  async close(): Promise<void> {
    this.#stopped = true;
    if (this.#timer) clearTimeout(this.#timer);
    await this.#round;
  }

  #rest(afterMs: number): void {
    if (this.#stopped) return;
    const { run, intervalMs, log, failed } = this.#options;
    this.#timer = setTimeout(() => {
      this.#round = run()
        .catch((error: unknown) => log.error({ err: error }, failed))
        .then(() => this.#rest(intervalMs));
    }, afterMs);
    this.#timer.unref();
  }
}
