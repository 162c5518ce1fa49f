import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { open } from "node:fs/promises";
import { createServer, request, type IncomingMessage } from "node:http";
import { connect, createServer as createTcpServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, it } from "vitest";
import { readAllowedHost } from "./destinations.ts";
import { EgressThread } from "./egress-thread.ts";
import { EgressProxy, type EgressBounds } from "./egress-proxy.ts";

let root: string;
let port: number;
const host = createServer((asked, response) => {
  if (asked.url === "/large") response.end(Buffer.alloc(8 * 1024 ** 2));
  else void text(asked).then((body) => response.end(`${String(asked.method)} ${String(asked.url)} ${body}`));
});

beforeAll(async () => {
  root = mkdtempSync(path.join(tmpdir(), "phasegate-egress-"));
  await once(host.listen(0, "127.0.0.1"), "listening");
  ({ port } = host.address() as AddressInfo);
});
afterAll(() => {
  host.close();
  host.closeAllConnections();
  rmSync(root, { recursive: true, force: true });
});

function openProxy(allowed: readonly string[] = [], bounds: Partial<EgressBounds> = {}): Promise<EgressProxy> {
  const directory = path.join(root, "d".repeat(120));
  return EgressProxy.open({ directory, allowed: allowed.map(readAllowedHost), bounds });
}

/** The name of the socket is too long for a socket's name, so that clients here take the way of the server. */
async function clientOf(proxy: EgressProxy) {
  const directory = await open(path.dirname(proxy.socketPath), "r");
  return { socketPath: `/proc/self/fd/${String(directory.fd)}/proxy`, close: () => directory.close() };
}

async function get(proxy: EgressProxy, url: string, body?: string): Promise<string> {
  const client = await clientOf(proxy);
  try {
    const asking = request({ socketPath: client.socketPath, path: url, method: body === undefined ? "GET" : "POST" });
    asking.end(body);
    const [response] = (await once(asking, "response")) as [IncomingMessage];
    return `${String(response.statusCode)} ${await text(response)}`;
  } finally {
    await client.close();
  }
}

async function tunnel(proxy: EgressProxy, authority: string): Promise<string> {
  const client = await clientOf(proxy);
  const socket = connect(client.socketPath);
  socket.write(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n\r\n`);
  socket.write("GET /inside HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  const answer = await text(socket).catch(() => "cut");
  await client.close();
  return answer;
}

it.each(["127.0.0.1", "localhost", "2130706433", "[::ffff:127.0.0.1]", "0.0.0.0"])(
  "`%s` is refused, asked for in either way, and the refusal is kept",
  async (name) => {
    await using proxy = await openProxy();
    expect(await get(proxy, `http://${name}:${String(port)}/`)).toMatch(/^403 /);
    expect(await tunnel(proxy, `${name}:${String(port)}`)).toMatch(/^HTTP\/1.1 403 /);
    expect(proxy.refusals.size).toBeGreaterThan(0);
  },
);

it.each(["127.0.0.1:80", "169.254.169.254:80", "localhost:443"])(
  "`%s` is refused on a port of the web",
  async (name) => {
    await using proxy = await openProxy();
    expect(await tunnel(proxy, name)).toMatch(/^HTTP\/1.1 403 /);
  },
);

it("a host that was allowed is reached, asked for in either way", async () => {
  await using proxy = await openProxy([`localhost:${String(port)}`]);
  expect(await get(proxy, `http://localhost:${String(port)}/a?b=c`)).toBe("200 GET /a?b=c ");
  expect(await get(proxy, `http://localhost:${String(port)}/a`, "sent")).toBe("200 POST /a sent");
  expect(await tunnel(proxy, `localhost:${String(port)}`)).toContain("GET /inside ");
  expect([...proxy.refusals]).toEqual([]);
});

it("what is allowed by its name is not allowed by its address", async () => {
  await using proxy = await openProxy([`localhost:${String(port)}`]);
  expect(await get(proxy, `http://127.0.0.1:${String(port)}/`)).toMatch(/^403 /);
});

it("what is no request to a proxy is refused", async () => {
  await using proxy = await openProxy();
  expect(await get(proxy, "/health")).toMatch(/^403 /);
  expect(await get(proxy, "https://example.invalid/")).toMatch(/^403 /);
  expect(await tunnel(proxy, "no-port")).toMatch(/^HTTP\/1.1 403 /);
});

it("a host that answers with a status that is none ends its own connection only", async () => {
  const odd = createTcpServer((socket) => {
    socket.on("error", () => socket.destroy());
    socket.end("HTTP/1.1 042 odd\r\nX: y\r\n\r\n");
  });
  await once(odd.listen(0, "127.0.0.1"), "listening");
  const oddPort = String((odd.address() as AddressInfo).port);
  await using proxy = await openProxy([`localhost:${oddPort}`, `localhost:${String(port)}`]);
  await expect(get(proxy, `http://localhost:${oddPort}/`)).rejects.toThrow("socket hang up");
  expect(await get(proxy, `http://localhost:${String(port)}/after`)).toBe("200 GET /after ");
  odd.close();
});

it("a request that was refused is read no further", async () => {
  await using proxy = await openProxy();
  const client = await clientOf(proxy);
  const socket = connect(client.socketPath).resume();
  socket.on("error", () => socket.destroy());
  socket.write("POST http://127.0.0.1:81/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
  const chunks = "1\r\na\r\n".repeat(1_000);
  // Without end, as long as the other side reads.
  const send = (): void => {
    while (!socket.destroyed && socket.write(chunks));
  };
  socket.on("drain", send);
  const closed = new Promise((resolve) => socket.once("close", resolve));
  send();
  await closed;
  expect(socket.bytesWritten).toBeLessThan(8 * 1024 ** 2);
  await client.close();
});

it("a proxy in a thread of its own answers, tells what it refused, and leaves nothing", async () => {
  const directory = path.join(root, "thread");
  const thread = await EgressThread.open({ directory, allowed: [readAllowedHost(`localhost:${String(port)}`)] });
  const asked = { socketPath: thread.socketPath, path: `http://localhost:${String(port)}/a` };
  const [response] = (await once(request(asked).end(), "response")) as [IncomingMessage];
  expect(await text(response)).toBe("GET /a ");
  const [refused] = (await once(request({ ...asked, path: "http://127.0.0.1:81/" }).end(), "response")) as [
    IncomingMessage,
  ];
  expect(refused.statusCode).toBe(403);
  expect(await thread.refusals()).toEqual([expect.stringContaining("`127.0.0.1:81` is no public address")]);
  await thread[Symbol.asyncDispose]();
  expect(existsSync(directory)).toBe(false);
});

it("more bytes than allowed end the connections", async () => {
  await using proxy = await openProxy([`localhost:${String(port)}`], { bytes: 1024 });
  await get(proxy, `http://localhost:${String(port)}/large`).catch(() => "cut");
  await expect.poll(() => [...proxy.refusals]).toEqual(["more than 1024 bytes went through the network"]);
});

it("a connection on which nothing moves is ended", async () => {
  await using proxy = await openProxy([], { idleMs: 50 });
  const client = await clientOf(proxy);
  const socket = connect(client.socketPath).resume();
  await once(socket, "close");
  expect(socket.bytesRead).toBe(0);
  await client.close();
});

it("nothing is left of a proxy that was closed, open connections included", async () => {
  const proxy = await openProxy();
  const client = await clientOf(proxy);
  const socket = connect(client.socketPath);
  const closed = once(socket.resume(), "close");
  await once(socket, "connect");
  await proxy[Symbol.asyncDispose]();
  await closed;
  await client.close();
  expect(existsSync(path.dirname(proxy.socketPath))).toBe(false);
});
