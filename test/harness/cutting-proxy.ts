import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

/** Where the next connection is lost: before the server has read the request, or when its answer is on the way. */
type Cut = "request" | "answer";

/** A TCP proxy before a server, which loses connections when it is told to. */
export class CuttingProxy {
  /** Connections lost so far. */
  cuts = 0;
  /** Connections taken so far. */
  connections = 0;
  #next: Cut | null = null;
  readonly #sockets = new Set<Socket>();
  readonly #server = createServer((client) => this.#join(client));
  readonly #target: URL;

  private constructor(target: string) {
    this.#target = new URL(target);
  }

  static async before(target: string): Promise<CuttingProxy> {
    const proxy = new CuttingProxy(target);
    // Another loopback address with the same port: the server takes no Host header with any other.
    proxy.#server.listen(Number(proxy.#target.port), "127.0.0.2");
    await once(proxy.#server, "listening");
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.2:${this.#target.port}`;
  }

  /** The next request is lost at the given place; the one after it passes. */
  cutNext(where: Cut): void {
    this.#next = where;
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }

  #join(client: Socket): void {
    this.connections += 1;
    const upstream = connect(Number(this.#target.port), this.#target.hostname);
    const both = [client, upstream];
    for (const socket of both) {
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
      socket.on("error", () => undefined);
    }
    client.on("data", (bytes) => this.#pass("request", bytes, upstream, both));
    upstream.on("data", (bytes) => this.#pass("answer", bytes, client, both));
    client.on("close", () => upstream.destroy());
    upstream.on("close", () => client.destroy());
  }

  #pass(what: Cut, bytes: Buffer, to: Socket, both: readonly Socket[]): void {
    if (this.#next !== what) {
      to.write(bytes);
      return;
    }
    this.#next = null;
    this.cuts += 1;
    for (const socket of both) socket.destroy();
  }
}
