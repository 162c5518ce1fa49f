export interface SharedTextOptions {
  readonly read: () => Promise<string>;
  /** Of a monotonic clock, in milliseconds. */
  readonly now: () => number;
  /** For so long whoever asks gets the same text. */
  readonly keptMs: number;
}

/** A text that is dear to make: made once for all who ask meanwhile, and for those who ask within a moment after it. */
export class SharedText {
  readonly #options: SharedTextOptions;
  #made: { readonly text: Promise<string>; until: number } | null = null;

  constructor(options: SharedTextOptions) {
    this.#options = options;
  }

  read(): Promise<string> {
    const { read, now, keptMs } = this.#options;
    if (this.#made && now() < this.#made.until) return this.#made.text;
    const made = { text: read(), until: Number.POSITIVE_INFINITY };
    this.#made = made;
    made.text.then(
      () => (made.until = now() + keptMs),
      () => (made.until = 0),
    );
    return made.text;
  }
}
