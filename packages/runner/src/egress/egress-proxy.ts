import { lookup } from "node:dns/promises";
import { once } from "node:events";
import { mkdir, open, type FileHandle } from "node:fs/promises";
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from "node:http";
import { connect, isIP, type Socket } from "node:net";
import { networkInterfaces } from "node:os";
import path from "node:path";
import { pipeline, type Duplex } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { removeDirectory } from "../tree/remove-directory.ts";
import { hostOf, mayConnect, parseAuthority, type AllowedHost, type Destination } from "./destinations.ts";

export interface EgressOptions {
  /** Made for this proxy and removed with it. */
  readonly directory: string;
  /** Hosts that may be reached although their addresses are private. */
  readonly allowed: readonly AllowedHost[];
  readonly bounds?: Partial<EgressBounds>;
}

export interface EgressBounds {
  readonly connections: number;
  /** Of all connections, in both directions. */
  readonly bytes: number;
  readonly connectMs: number;
  readonly idleMs: number;
}

const defaultBounds: EgressBounds = {
  connections: 128,
  bytes: 16 * 1024 ** 3,
  connectMs: 30_000,
  idleMs: 300_000,
};
const maxNoted = 8;
const countEveryMs = 250;

class Refused extends Error {}

/**
 * The only way out of a network namespace: an HTTP proxy on a unix socket. It resolves names itself and connects with
 * no address but those that `mayConnect` names, so that a name which changes its address gains nothing.
 */
export class EgressProxy implements AsyncDisposable {
  /** Host path of the socket. */
  readonly socketPath: string;
  /** What was refused, in sentences, the first few. */
  readonly refusals = new Set<string>();
  readonly #options: EgressOptions;
  readonly #bounds: EgressBounds;
  readonly #server = createServer();
  readonly #clients = new Set<Socket>();
  readonly #sockets = new Set<Socket>();
  /** Of connections that have ended. */
  #bytesPassed = 0;
  readonly #count: NodeJS.Timeout;
  #directory: FileHandle | null = null;
  #isClosed = false;

  private constructor(options: EgressOptions) {
    this.#options = options;
    this.#bounds = { ...defaultBounds, ...options.bounds };
    this.#count = setInterval(() => this.#endIfTooMuch(), countEveryMs).unref();
    this.socketPath = path.join(options.directory, "proxy");
    this.#server.maxConnections = this.#bounds.connections;
    this.#server.on("connection", (socket: Socket) => this.#accept(socket));
    this.#server.on("connect", (request, client, head) => void this.#tunnel(request, client, head));
    this.#server.on("request", (request, response) => void this.#forward(request, response));
  }

  static async open(options: EgressOptions): Promise<EgressProxy> {
    const proxy = new EgressProxy(options);
    await mkdir(options.directory, { recursive: true, mode: 0o700 });
    // Names of sockets are at most 107 bytes long, and data directories may be longer.
    proxy.#directory = await open(options.directory, "r");
    proxy.#server.listen(`/proc/self/fd/${String(proxy.#directory.fd)}/proxy`);
    await once(proxy.#server, "listening");
    return proxy;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    const closed = once(this.#server, "close");
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
    clearInterval(this.#count);
    // Not before: the server removes its socket by this descriptor's name.
    await this.#directory?.close();
    await removeDirectory(this.#options.directory);
  }

  async #tunnel(request: IncomingMessage, client: Duplex, head: Buffer): Promise<void> {
    client.on("error", () => client.destroy());
    try {
      const asked = parseAuthority(request.url ?? "");
      const port = asked?.port ?? null;
      if (asked === null || port === null) throw new Refused("a CONNECT names `host:port`");
      const upstream = await this.#connect({ host: asked.host, port });
      if (client.destroyed) upstream.destroy();
      client.write("HTTP/1.1 200 Connection Established\r\n\r\n");
      upstream.write(head);
      pipeline(client, upstream, () => undefined);
      pipeline(upstream, client, () => undefined);
    } catch (error) {
      const { status, text } = this.#answer(error);
      const head = `HTTP/1.1 ${String(status)} Refused\r\nContent-Length: ${String(Buffer.byteLength(text))}`;
      client.end(`${head}\r\n\r\n${text}`, () => client.destroy());
    }
  }

  async #forward(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const url = URL.parse(request.url ?? "");
      if (url?.protocol !== "http:") throw new Refused("only `http:` addresses are forwarded, others by CONNECT");
      const upstream = await this.#connect({ host: hostOf(url), port: url.port === "" ? 80 : Number(url.port) });
      const onward = httpRequest({
        createConnection: () => upstream,
        method: request.method ?? "GET",
        path: `${url.pathname}${url.search}`,
        headers: { ...endToEnd(request.headers), host: url.host, connection: "close" },
      });
      onward.on("response", (answer) => {
        try {
          response.writeHead(answer.statusCode ?? 502, endToEnd(answer.headers));
        } catch {
          // Not all that is read as a head may be written as one.
          upstream.destroy();
          response.destroy();
          return;
        }
        pipeline(answer, response, () => upstream.destroy());
      });
      onward.on("error", () => response.destroy());
      response.on("close", () => upstream.destroy());
      pipeline(request, onward, () => undefined);
    } catch (error) {
      const { status, text } = this.#answer(error);
      response.writeHead(status, { "content-type": "text/plain", connection: "close" });
      // What else the client sends is read by nobody.
      response.end(text, () => request.destroy());
    }
  }

  async #connect(destination: Destination): Promise<Socket> {
    const { host, port } = destination;
    const name = `\`${host.slice(0, 253)}:${String(port)}\``;
    const found = isIP(host) === 0 ? await this.#resolve(host) : [{ address: host, family: isIP(host) }];
    const ownNetworks = Object.values(networkInterfaces()).flatMap((list) =>
      (list ?? []).flatMap(({ cidr }) => cidr ?? []),
    );
    const addresses = found.filter(({ address }) =>
      mayConnect(destination, { ...this.#options, ownNetworks })(address),
    );
    const [first] = addresses;
    if (first === undefined) {
      throw new Refused(`${name} is no public address on port 80 or 443; \`runner.setup_hosts\` allows others`);
    }
    const socket = connect({
      host: "destination.invalid",
      port,
      autoSelectFamily: true,
      // In place of a second look at the name, which might find another address.
      lookup: (_, options, found) =>
        options.all === true ? found(null, addresses) : found(null, first.address, first.family),
    });
    this.#watch(socket);
    await once(socket, "connect", { signal: AbortSignal.timeout(this.#bounds.connectMs) }).catch((error: unknown) => {
      socket.destroy();
      throw error;
    });
    return socket;
  }

  /** A resolver that does not answer ends with the time to connect. */
  async #resolve(host: string): Promise<{ address: string; family: number }[]> {
    const timer = new AbortController();
    const late = delay(this.#bounds.connectMs, [], { signal: timer.signal, ref: false }).catch(() => []);
    try {
      return await Promise.race([lookup(host, { all: true }), late]);
    } finally {
      timer.abort();
    }
  }

  #accept(client: Socket): void {
    this.#clients.add(client);
    client.on("close", () => {
      this.#clients.delete(client);
      this.#bytesPassed += bytesOf(client);
    });
    this.#watch(client);
  }

  #endIfTooMuch(): void {
    const passed = [...this.#clients].reduce((sum, client) => sum + bytesOf(client), this.#bytesPassed);
    if (passed <= this.#bounds.bytes) return;
    this.refusals.add(`more than ${String(this.#bounds.bytes)} bytes went through the network`);
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Bounds what a connection on either side of the proxy may take, and ends it with the proxy. */
  #watch(socket: Socket): void {
    if (this.#isClosed) socket.destroy();
    this.#sockets.add(socket);
    socket.on("close", () => this.#sockets.delete(socket));
    socket.on("error", () => socket.destroy());
    socket.setTimeout(this.#bounds.idleMs, () => socket.destroy());
  }

  #answer(error: unknown): { status: number; text: string } {
    if (!(error instanceof Refused)) return { status: 502, text: "the host cannot be reached\n" };
    if (this.refusals.size < maxNoted) this.refusals.add(error.message);
    return { status: 403, text: `${error.message}\n` };
  }
}

function bytesOf(socket: Socket): number {
  return socket.bytesRead + socket.bytesWritten;
}

const ofOneConnection = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

function endToEnd(headers: NodeJS.Dict<string | string[]>): NodeJS.Dict<string | string[]> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !ofOneConnection.has(name)));
}
