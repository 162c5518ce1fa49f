/** The group of all commands of a server, as the kernel shares the processors out. */
export interface SharedProcessors {
  readonly processors: number;
  /** Processor seconds so far: what all commands used, ended ones too, and what nobody did, of these processors. */
  read(): Promise<ProcessorTimes>;
  weigh(weight: ProcessorWeight): Promise<void>;
}

export interface ProcessorTimes {
  readonly usedSeconds: number;
  readonly idleSeconds: number;
}

/** All commands together against one thread of the server: a tenth of it, or as much. */
export type ProcessorWeight = "light" | "even";

const lookEveryMs = 250;
/** Of all processors: commands that get less while hardly any is idle are weighed up. */
const leastShare = 0.25;
const idleShare = 0.1;

/**
 * Weighs commands so lightly that the server's threads need not wait for them, whatever they take; and as much as a
 * thread of the server while the machine is full and leaves them less than a quarter of the processors, so that what
 * others do on it starves no honest command.
 *
 * States: *resting* (no command runs; the weight stays as it is), *watching* (a timer runs). A look that fails weighs
 * `even`.
 */
export class ProcessorShare {
  readonly #group: SharedProcessors;
  #commands = 0;
  #timer: NodeJS.Timeout | null = null;
  #looking: Promise<void> = Promise.resolve();
  #seen: (ProcessorTimes & { readonly atMs: number }) | null = null;

  constructor(group: SharedProcessors) {
    this.#group = group;
  }

  /** A command begins. */
  enter(): void {
    this.#commands += 1;
    if (this.#commands > 1) return;
    this.#seen = null;
    void this.look(performance.now());
    this.#timer = setInterval(() => void this.look(performance.now()), lookEveryMs);
    this.#timer.unref();
  }

  /** A command has ended. */
  leave(): void {
    this.#commands -= 1;
    if (this.#commands > 0 || this.#timer === null) return;
    clearInterval(this.#timer);
    this.#timer = null;
  }

  /** Ends the watching and waits for it. */
  async close(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    await this.#looking;
  }

  /** Compares with the look before and sets the weight; never rejects. Looks follow each other. */
  look(nowMs: number): Promise<void> {
    this.#looking = this.#looking.then(() => this.#look(nowMs)).catch(() => undefined);
    return this.#looking;
  }

  async #look(atMs: number): Promise<void> {
    const before = this.#seen;
    this.#seen = null;
    try {
      const now = { ...(await this.#group.read()), atMs };
      this.#seen = now;
      if (before === null) return;
      const allSeconds = ((atMs - before.atMs) / 1_000) * this.#group.processors;
      const isShort = now.usedSeconds - before.usedSeconds < leastShare * allSeconds;
      const isFull = now.idleSeconds - before.idleSeconds < idleShare * allSeconds;
      await this.#group.weigh(isShort && isFull ? "even" : "light");
    } catch {
      await this.#group.weigh("even");
    }
  }
}
