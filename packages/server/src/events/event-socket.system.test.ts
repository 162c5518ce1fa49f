import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { connect, type Socket } from "node:net";
import { createAuthenticator } from "../auth/authenticator.ts";
import { type CloudEventAnswer, type EventId, type NewEvent, serverPrincipalId } from "@phasegate/wire";
import { afterEach, expect, test } from "vitest";
import { WebSocket } from "ws";
import { openShell, type Shell } from "../http/shell-under-test.ts";
import { Turns } from "../http/turns.ts";
import { type EventSocketLimits, serveEventSocket } from "./event-socket.ts";

let shell: Shell | null = null;
const readers: WebSocket[] = [];
afterEach(async () => {
  for (const reader of readers.splice(0)) reader.terminate();
  await shell?.close();
  shell = null;
});

const limits: EventSocketLimits = { maxStreams: 20, maxStreamsPerPrincipal: 12, heartbeatMs: 60_000, slowMs: 50 };

async function opened(more: Partial<EventSocketLimits> = {}): Promise<Shell & { url: string }> {
  shell = await openShell();
  const { app, context, keys } = shell;
  const parts = {
    context,
    authenticator: createAuthenticator("keys", keys),
    turns: new Turns(() => performance.now()),
  };
  serveEventSocket(app, parts, { ...limits, ...more });
  const address = await shell.listen();
  return { ...shell, url: `${address.replace("http", "ws")}/api/v1/events/stream` };
}

interface Reader {
  readonly socket: WebSocket;
  readonly positions: number[];
  readonly closed: Promise<{ code: number; reason: string }>;
}

function read(url: string, key: string, query = ""): Reader {
  const socket = new WebSocket(`${url}${query}`, { headers: { authorization: `Bearer ${key}` } });
  readers.push(socket);
  const positions: number[] = [];
  socket.on("message", (data: Buffer) => {
    positions.push((JSON.parse(data.toString("utf8")) as CloudEventAnswer).position);
  });
  socket.on("error", () => undefined);
  const closed = once(socket, "close").then(([code, reason]) => ({ code: Number(code), reason: String(reason) }));
  return { socket, positions, closed };
}

/** Resolves when the reader has got so many events; rejects when its stream ends before. */
function took({ socket, positions }: Reader, count: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const look = (): void => {
      if (positions.length >= count) resolve();
    };
    socket.on("message", look);
    socket.once("close", (code) => reject(new Error(`the stream ended with ${code} after ${positions.length} events`)));
    look();
  });
}

/** True when a reader is let in. */
async function opens(server: { url: string } & Shell): Promise<boolean> {
  const { socket } = read(server.url, server.operatorKey);
  const [event] = await Promise.race([
    once(socket, "open").then(() => [true]),
    once(socket, "unexpected-response").then(() => [false]),
  ]);
  socket.terminate();
  return event === true;
}

/** A reader from the beginning that speaks no WebSocket and takes nothing yet. */
async function bare(server: { url: string } & Shell): Promise<Socket> {
  const { hostname, port, pathname } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  await once(socket, "connect");
  socket.pause();
  socket.write(
    `GET ${pathname}?after=0 HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${Buffer.alloc(16).toString("base64")}\r\n` +
      `Authorization: Bearer ${server.operatorKey}\r\n\r\n`,
  );
  return socket;
}

/** The status and code with which an upgrade is refused. */
async function refusal(url: string, headers: Record<string, string>): Promise<[number, string]> {
  const socket = new WebSocket(url, { headers });
  readers.push(socket);
  socket.on("error", () => undefined);
  const [, response] = (await once(socket, "unexpected-response")) as [unknown, IncomingMessage];
  let body = "";
  for await (const piece of response.setEncoding("utf8")) body += String(piece);
  return [response.statusCode ?? 0, (JSON.parse(body) as { code: string }).code];
}

/** All that the server sends for an upgrade whose first line is this one. */
const asked = ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: AA=="];

async function answerTo(
  url: string,
  firstLine: string,
  headers: readonly string[] = asked,
  body = "",
): Promise<string> {
  const { port, hostname } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.write([firstLine, `Host: ${hostname}:${port}`, ...headers, "", body].join("\r\n"));
  let text = "";
  for await (const piece of socket.setEncoding("utf8")) text += String(piece);
  return text;
}

let made = 0;
function revoked(reason: string): NewEvent {
  return { id: `evt_${(made += 1)}` as EventId, type: "key.revoked", data: { key_id: "key_1", reason } };
}

async function append(to: Shell, stream: string, expectedVersion: number, events: readonly NewEvent[]): Promise<void> {
  const at = "2030-01-01T00:00:00.000Z";
  const origin = { principal: serverPrincipalId, agentId: null, at };
  expect((await to.ledger.append({ stream, expectedVersion, origin, events })).status).toBe("appended");
}

test("a stream begins after a position, follows, and gives only what was asked for", async () => {
  const server = await opened();
  await append(server, "principal/prn_a", 0, [revoked("1"), revoked("2")]);
  const reader = read(server.url, server.operatorKey, "?after=3&type=key.revoked");
  await took(reader, 1);
  expect(reader.positions).toEqual([4]);
  await append(server, "system", 0, [revoked("3")]);
  await append(server, "principal/prn_a", 2, [
    { id: "evt_x" as EventId, type: "breaker.reset", data: { name: "b" } },
    revoked("4"),
  ]);
  await took(reader, 3);
  expect(reader.positions).toEqual([4, 5, 7]);
});

test("readers that come and go under ten writers miss none, and get none twice", async () => {
  const server = await opened();
  const writers = Array.from({ length: 10 }, async (_, writer) => {
    for (let version = 0; version < 20; version += 1) {
      await append(server, `principal/prn_${writer}`, version, [revoked("x")]);
    }
  });
  const seen = await Promise.all(
    Array.from({ length: 10 }, async (_, index) => {
      const positions: number[] = [];
      while ((positions.at(-1) ?? 2) < 202) {
        const reader = read(server.url, server.operatorKey, `?after=${positions.at(-1) ?? 2}`);
        await took(reader, 1);
        if ((reader.positions.at(-1) ?? 0) < 202) await took(reader, reader.positions.length + 1);
        reader.socket.terminate();
        await reader.closed;
        positions.push(...reader.positions);
        if (index === 0 && positions.length > 1_000) break;
      }
      return positions;
    }),
  );
  await Promise.all(writers);
  const all = Array.from({ length: 200 }, (_, index) => index + 3);
  for (const positions of seen) expect(positions).toEqual(all);
});

test("whoever may not read gets a problem document in place of the upgrade", async () => {
  const server = await opened({ maxStreamsPerPrincipal: 1 });
  const key = { authorization: `Bearer ${server.operatorKey}` };
  expect(await refusal(server.url, {})).toEqual([401, "unauthenticated"]);
  expect(await refusal(server.url, { authorization: "Bearer wrong" })).toEqual([401, "unauthenticated"]);
  expect(await refusal(server.url, { ...key, origin: "http://evil.example" })).toEqual([403, "origin_not_allowed"]);
  expect(await refusal(server.url, { ...key, host: "evil.example" })).toEqual([403, "host_not_allowed"]);
  expect(await refusal(`${server.url}?after=-1`, key)).toEqual([422, "invalid_request"]);
  expect(await refusal(`${server.url}?after=1000`, key)).toEqual([422, "invalid_request"]);
  expect(await refusal(`${server.url}?task_id=task_9`, key)).toEqual([404, "unknown_task"]);
  expect(await refusal(server.url.replace("/stream", ""), key)).toEqual([404, "not_found"]);
  for (const target of ["//", "//a:b:c/api", "http://[", "http://server/api/v1/events/stream", "*", "/%zz"]) {
    const answer = await answerTo(server.url, `GET ${target} HTTP/1.1`);
    expect(answer).toMatch(/^HTTP\/1\.1 404 [^]*"not_found"/);
  }
  const first = read(server.url, server.operatorKey);
  await once(first.socket, "open");
  expect(await refusal(server.url, key)).toEqual([429, "rate_limited"]);
  first.socket.terminate();
  await expect.poll(() => opens(server)).toBe(true);
});

test("an offer of another protocol than WebSocket is passed over, and the request answered as it is", async () => {
  const server = await opened();
  const offers = ["Connection: Upgrade, HTTP2-Settings, close", "Upgrade: h2c", "HTTP2-Settings: AAMAAABk"];
  expect(await answerTo(server.url, "GET /health/live HTTP/1.1", offers)).toMatch(/^HTTP\/1\.1 200 /);
  const about = [`Authorization: Bearer ${server.operatorKey}`, "Content-Type: application/json", "Content-Length: 11"];
  const answer = await answerTo(server.url, "POST /api/v1/keys HTTP/1.1", [...offers, ...about], '{"name":""}');
  expect(answer).toMatch(/^HTTP\/1\.1 422 [^]*"invalid_request"/);
});

test("a refused upgrade whose body comes behind it leaves no connection", async () => {
  const server = await opened();
  const { port } = new URL(server.url);
  const socket = connect({ port: Number(port), host: "127.0.0.1", allowHalfOpen: true });
  const gone = new Promise((resolve) => socket.once("error", resolve).once("close", resolve));
  socket.write("POST /nowhere HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n");
  socket.write("Content-Length: 22\r\n\r\n");
  await once(socket, "readable");
  socket.write("x".repeat(22));
  const connections = (): Promise<number> =>
    new Promise((resolve) => server.app.server.getConnections((_, count) => resolve(count)));
  await expect.poll(connections).toBe(0);
  socket.destroy();
  await gone;
});

test("a reader whose answer to a ping waits unread while the server is busy is not taken for gone", async () => {
  const server = await opened({ heartbeatMs: 150 });
  const { socket } = read(server.url, server.operatorKey);
  await once(socket, "ping");
  const until = performance.now() + 350;
  while (performance.now() < until);
  expect(
    await Promise.race([once(socket, "ping").then(() => "pinged"), once(socket, "close").then(() => "dropped")]),
  ).toBe("pinged");
});

test("an agent sees the events of its own tasks only", async () => {
  const server = await opened({ heartbeatMs: 20 });
  await append(server, "principal/prn_a", 0, [revoked("1")]);
  const reader = read(server.url, server.agentKey, "?after=0");
  await once(reader.socket, "ping");
  expect(reader.positions).toEqual([]);
});

test("a reader is let go when its key is revoked, when it speaks, and when the server goes", async () => {
  const server = await opened();
  const agent = read(server.url, server.agentKey);
  const speaker = read(server.url, server.operatorKey);
  const quiet = read(server.url, server.operatorKey);
  await Promise.all([agent, speaker, quiet].map(({ socket }) => once(socket, "open")));
  speaker.socket.send("hello");
  expect((await speaker.closed).code).toBe(1003);
  const keyId = server.keys.principalOf(server.agentKey)?.keyId;
  if (!keyId) throw new Error("the agent has no key");
  await server.keys.revoke(serverPrincipalId, keyId, "lost");
  expect((await agent.closed).code).toBe(4401);
  const closing = server.app.close();
  expect((await quiet.closed).code).toBe(1001);
  await closing;
});

test("a reader that answers no ping is gone", async () => {
  const server = await opened({ heartbeatMs: 20 });
  const mute = await bare(server);
  mute.resume();
  await once(mute, "close");
  expect(server.ledger.readers().filter(({ reader }) => reader === "socket")).toEqual([]);
});

test("a reader that takes nothing is told where to resume, whatever pings it left unread, and what waits for it is bounded", async () => {
  const server = await opened({ heartbeatMs: 100, slowMs: 300 });
  for (let version = 0; version < 100; version += 1) {
    await append(server, "system", version, [revoked("x".repeat(100_000))]);
  }
  const stalled = await bare(server);
  const readers = () => server.ledger.readers().filter(({ reader }) => reader === "socket").length;
  await expect.poll(readers, { interval: 5 }).toBe(1);
  let last = Buffer.alloc(0);
  await expect.poll(readers).toBe(0);
  stalled.on("data", (piece: Buffer) => (last = Buffer.concat([last, piece]).subarray(-200)));
  stalled.resume();
  await expect.poll(() => last.toString("latin1")).toMatch(/too slow; resume with after=\d+/);
  // What the system's own buffers hold was sent; the rest was not even read for it.
  expect(Number(/after=(\d+)/.exec(last.toString("latin1"))?.[1])).toBeLessThan(100);
  stalled.destroy();
});
