/**
 * A signal that fires after a time, with the platform's `TimeoutError`. Nothing of it is left once it is disposed of,
 * where the timer of `AbortSignal.timeout` runs to its end, and holds what listens, however soon the work was done.
 */
export class Deadline implements Disposable {
  readonly #controller = new AbortController();
  readonly #timer: ReturnType<typeof setTimeout>;

  constructor(ms: number) {
    this.#timer = setTimeout(() => {
      this.#controller.abort(new DOMException(`the time of ${ms} ms is over`, "TimeoutError"));
    }, ms);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }
}
