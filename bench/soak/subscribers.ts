import { setTimeout as delay } from "node:timers/promises";

/** Readers of the event stream that note what they get, two by server-sent events and two by WebSocket. */
export class Subscribers {
  readonly #stopping = new AbortController();
  readonly #readers: { readonly name: string; last: number; disorder: number; readonly done: Promise<unknown> }[] = [];

  constructor(url: string, key: string, after: number) {
    for (const name of ["server-sent events 1", "server-sent events 2"]) {
      this.#add(name, (note) => this.#readStream(`${url}/api/v1/events?after=${after}`, key, note));
    }
    const address = `${url.replace("http", "ws")}/api/v1/events/stream?after=${after}`;
    for (const name of ["websocket 1", "websocket 2"]) {
      this.#add(name, (note) => this.#readSocket(address, key, note));
    }
  }

  /** The last that any of them has. */
  get position(): number {
    return Math.max(...this.#readers.map(({ last }) => last));
  }

  /** Ends the readers once each has the event at `position`; answers what went wrong with them. */
  async end(position: number): Promise<string[]> {
    const waitedAt = performance.now();
    while (this.#readers.some(({ last }) => last < position) && performance.now() - waitedAt < 10_000) await delay(50);
    const wrong = this.#readers.flatMap(({ name, last, disorder }) => [
      ...(last < position ? [`${name} came to ${last} of ${position}`] : []),
      ...(disorder > 0 ? [`${name} got ${disorder} events out of order or twice`] : []),
    ]);
    this.#stopping.abort();
    await Promise.allSettled(this.#readers.map(({ done }) => done));
    return wrong;
  }

  #add(name: string, read: (note: (position: number) => void) => Promise<unknown>): void {
    const reader = { name, last: 0, disorder: 0, done: Promise.resolve() as Promise<unknown> };
    const note = (position: number): void => {
      if (position <= reader.last) reader.disorder += 1;
      reader.last = Math.max(reader.last, position);
    };
    reader.done = read(note);
    reader.done.catch(() => undefined);
    this.#readers.push(reader);
  }

  async #readStream(url: string, key: string, note: (position: number) => void): Promise<void> {
    const headers = { authorization: `Bearer ${key}`, accept: "text/event-stream" };
    const answer = await fetch(url, { headers, signal: this.#stopping.signal });
    const decoder = new TextDecoder();
    let rest = "";
    for await (const chunk of answer.body ?? []) {
      const lines = (rest + decoder.decode(chunk as Uint8Array, { stream: true })).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) if (line.startsWith("id:")) note(Number(line.slice(3)));
    }
  }

  #readSocket(url: string, key: string, note: (position: number) => void): Promise<unknown> {
    const socket = new WebSocket(url, { headers: { authorization: `Bearer ${key}` } });
    socket.addEventListener("message", ({ data }) => {
      note((JSON.parse(String(data)) as { readonly position: number }).position);
    });
    this.#stopping.signal.addEventListener("abort", () => socket.close());
    return new Promise((resolve) => {
      socket.addEventListener("close", resolve);
      socket.addEventListener("error", resolve);
    });
  }
}
