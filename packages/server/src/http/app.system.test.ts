import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setImmediate } from "node:timers/promises";
import { PhasegateError } from "@phasegate/wire";
import { Type } from "typebox";
import { afterEach, expect, test } from "vitest";
import { route, type Route } from "./route.ts";
import { openShell, type Shell, type ShellOptions } from "./shell-under-test.ts";
import { defaultTurnBounds, Turns } from "./turns.ts";

const opened: Shell[] = [];
afterEach(async () => {
  for (const shell of opened.splice(0)) await shell.close();
});

async function shellWith(options: ShellOptions = {}): Promise<Shell & { url: string }> {
  const shell = await openShell(options);
  opened.push(shell);
  const url = await shell.listen();
  return { ...shell, url };
}

const Echo = Type.Object({ text: Type.String({ maxLength: 5 }), more: Type.Optional(Type.Integer()) });

function echo(change: Partial<Route> = {}): Route {
  return {
    ...route({
      method: "POST",
      path: "/api/v1/echo",
      operationId: "echo",
      summary: "Answers what it was sent",
      tag: "test",
      access: { kind: "principal", open: true },
      body: Echo,
      answers: { 200: Type.Object({}) },
      handle: async (_context, caller, { body }) => ({ status: 200, body: { ...body, by: caller.principal.name } }),
    }),
    ...change,
  };
}

async function post(url: string, key: string | null, body: unknown, headers: Record<string, string> = {}) {
  const answer = await fetch(url, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      ...(key === null ? {} : { authorization: `Bearer ${key}` }),
      ...headers,
    },
    body: JSON.stringify(body),
  });
  return { status: answer.status, headers: answer.headers, body: (await answer.json()) as Record<string, unknown> };
}

test("a call with a key reaches its route, with the principal that the key belongs to", async () => {
  const { url, agentKey } = await shellWith({ routes: () => [echo()] });
  const answer = await post(`${url}/api/v1/echo`, agentKey, { text: "hi", more: null });
  expect(answer.body).toEqual({ text: "hi", by: "agent-1" });
  expect(answer.headers.get("x-request-id")).toMatch(/^[\w.-]+$/);
  expect(answer.headers.get("cache-control")).toBe("no-store");
});

test("without a key, with a wrong one and with a revoked one a call is unauthenticated", async () => {
  const { url, agentKey, operatorKey, keys } = await shellWith({ routes: () => [echo()] });
  const codes = async () => [
    (await post(`${url}/api/v1/echo`, null, { text: "hi" })).body["code"],
    (await post(`${url}/api/v1/echo`, `${agentKey}x`, { text: "hi" })).body["code"],
    (await post(`${url}/api/v1/echo`, agentKey, { text: "hi" })).body["code"],
  ];
  expect(await codes()).toEqual(["unauthenticated", "unauthenticated", undefined]);
  const id = keys.principalOf(agentKey)?.keyId ?? "";
  const revoked = await fetch(`${url}/api/v1/keys/${id}`, {
    method: "DELETE",
    headers: { authorization: `Bearer ${operatorKey}` },
  });
  expect(revoked.status).toBe(200);
  expect(await codes()).toEqual(["unauthenticated", "unauthenticated", "unauthenticated"]);
});

test("open access frees the calls marked open and no others", async () => {
  const closed = echo({ path: "/api/v1/closed", operationId: "closed", access: { kind: "principal", open: false } });
  const { url } = await shellWith({ routes: () => [echo(), closed], settings: { "security.auth": "open" } });
  expect((await post(`${url}/api/v1/echo`, null, { text: "hi" })).body["by"]).toBe("open");
  expect((await post(`${url}/api/v1/echo`, "wrong-key", { text: "hi" })).status).toBe(401);
  expect((await post(`${url}/api/v1/closed`, null, { text: "hi" })).status).toBe(401);
  expect((await fetch(`${url}/api/v1/keys`)).status).toBe(401);
});

test("a route for a role refuses others, and one for persons refuses agents and services", async () => {
  const access = { kind: "roles", roles: ["operator"], person: true } as const;
  const { url, agentKey, operatorKey } = await shellWith({ routes: () => [echo({ access })] });
  expect((await post(`${url}/api/v1/echo`, agentKey, { text: "hi" })).body["code"]).toBe("forbidden");
  expect((await post(`${url}/api/v1/echo`, operatorKey, { text: "hi" })).status).toBe(200);
  const service = await post(`${url}/api/v1/keys`, operatorKey, { name: "ci", kind: "service", roles: ["operator"] });
  expect((await post(`${url}/api/v1/echo`, String(service.body["key"]), { text: "hi" })).body["code"]).toBe(
    "forbidden",
  );
});

test("under test, an answer without the shape that its route promises is a fault", async () => {
  const breaking = echo({
    answers: { 200: Echo },
    handle: async () => ({ status: 200, body: { text: 7 } }),
  });
  const { url, agentKey, logLines } = await shellWith({ routes: () => [breaking] });
  expect((await post(`${url}/api/v1/echo`, agentKey, { text: "hi" })).status).toBe(500);
  expect(logLines.join("")).toContain("`echo` broke its promise: answer/text must be string");
});

test("the words of an unknown error stay in the log", async () => {
  const broken = echo({
    handle: async () => {
      throw new Error("the secret is 42");
    },
  });
  const { url, agentKey, logLines } = await shellWith({ routes: () => [broken] });
  const answer = await post(`${url}/api/v1/echo`, agentKey, { text: "hi" });
  expect(answer.status).toBe(500);
  expect(answer.body["code"]).toBe("internal_error");
  expect(JSON.stringify(answer.body)).not.toContain("42");
  expect(logLines.join("")).toContain("the secret is 42");
  expect(logLines.join("")).not.toContain(agentKey);
});

test("at the level `debug` each answer is a line with the ids that it belongs to, and without the key", async () => {
  const { url, agentKey, logLines, context } = await shellWith({ routes: () => [echo()] });
  const ask = () => post(`${url}/api/v1/echo`, agentKey, { text: "hi", task_id: "task_1" });
  await ask();
  expect(logLines).toEqual([]);
  context.log.level = "debug";
  const answer = await ask();
  await expect.poll(() => logLines).toHaveLength(1);
  const line = JSON.parse(logLines[0] ?? "") as Record<string, unknown>;
  expect(line["duration_ms"]).toBeGreaterThan(0);
  expect(line).toMatchObject({
    level: "debug",
    msg: "request answered",
    request_id: answer.headers.get("x-request-id"),
    task_id: "task_1",
    operation: "echo",
    status: answer.status,
  });
  expect(logLines.join("")).not.toContain(agentKey);
});

test("a request past the time limit is answered timed_out, and its signal fires", async () => {
  let seen: AbortSignal | null = null;
  const slow = echo({
    handle: async (_context, caller) => {
      seen = caller.signal;
      await new Promise((resolve) => caller.signal.addEventListener("abort", resolve, { once: true }));
      return { status: 200, body: {} };
    },
  });
  const { url, agentKey } = await shellWith({ routes: () => [slow], settings: { "server.timeout_seconds": 1 } });
  const answer = await post(`${url}/api/v1/echo`, agentKey, { text: "hi" });
  expect([answer.status, answer.body["code"]]).toEqual([503, "timed_out"]);
  expect((seen as AbortSignal | null)?.aborted).toBe(true);
});

test("requests above the limit in work are answered overloaded with Retry-After", async () => {
  const gate = Promise.withResolvers<void>();
  const entered = Promise.withResolvers<void>();
  const waiting = echo({
    handle: async () => {
      entered.resolve();
      await gate.promise;
      return { status: 200, body: {} };
    },
  });
  const { url, agentKey } = await shellWith({
    routes: () => [waiting],
    settings: { "server.max_concurrent_requests": 1 },
  });
  const first = post(`${url}/api/v1/echo`, agentKey, { text: "hi" });
  await entered.promise;
  const second = await post(`${url}/api/v1/echo`, agentKey, { text: "hi" });
  expect([second.status, second.body["code"], second.headers.get("retry-after")]).toEqual([503, "overloaded", "1"]);
  gate.resolve();
  expect((await first).status).toBe(200);
  expect((await post(`${url}/api/v1/echo`, agentKey, { text: "hi" })).status).toBe(200);
});

test("one principal's requests in work do not keep another's out", async () => {
  const gate = Promise.withResolvers<void>();
  const entered = Promise.withResolvers<void>();
  const waiting = echo({
    handle: async (_context, caller) => {
      if (caller.principal.kind === "agent") {
        entered.resolve();
        await gate.promise;
      }
      return { status: 200, body: {} };
    },
  });
  const { url, agentKey, operatorKey } = await shellWith({
    routes: () => [waiting],
    maxRequestsPerPrincipal: 1,
  });
  const first = post(`${url}/api/v1/echo`, agentKey, { text: "hi" });
  await entered.promise;
  expect((await post(`${url}/api/v1/echo`, agentKey, { text: "hi" })).body["code"]).toBe("rate_limited");
  expect((await post(`${url}/api/v1/echo`, operatorKey, { text: "hi" })).status).toBe(200);
  gate.resolve();
  await first;
});

test("a flood of one client's calls waits in turn and is then refused, and another's call does not", async () => {
  const gate = Promise.withResolvers<void>();
  const entered = Promise.withResolvers<void>();
  const waiting = echo({
    handle: async (_context, caller) => {
      entered.resolve();
      if (caller.principal.kind === "agent") await gate.promise;
      return { status: 200, body: {} };
    },
  });
  const bounds = {
    ...defaultTurnBounds,
    alone: { calls: 1, long: 1 },
    holdMs: 60_000,
    waiting: 2,
    refuseAfterMs: 1,
  };
  const { url, agentKey, operatorKey } = await shellWith({
    routes: () => [waiting],
    turns: new Turns(() => performance.now(), bounds),
  });
  const send = async (key: string | null) => (await post(`${url}/api/v1/echo`, key, { text: "hi" })).status;
  const flood = [send(agentKey)];
  await entered.promise;
  flood.push(...Array.from({ length: 5 }, () => send(agentKey)));
  expect(await Promise.race(flood)).toBe(429);
  expect(await send(operatorKey)).toBe(200);
  expect(await send(null)).toBe(401);
  expect((await fetch(`${url}/health/live`)).status).toBe(200);
  gate.resolve();
  const statuses = await Promise.all(flood);
  expect(statuses.filter((status) => status === 200)).toHaveLength(3);
  expect(statuses.filter((status) => status === 429)).toHaveLength(3);
});

test("a large body that is refused by its head is not read", async () => {
  const shell = await shellWith({ routes: () => [echo()] });
  const socket = connect(shell.port(), "127.0.0.1");
  const head = ["POST /api/v1/echo HTTP/1.1", "Host: localhost", "Content-Type: application/json"];
  socket.write([...head, "Content-Length: 9000000", "", '{"text":'].join("\r\n"));
  let answer = "";
  for await (const piece of socket.setEncoding("utf8")) answer += String(piece);
  expect(answer).toMatch(/^HTTP\/1\.1 401 [^]*connection: close[^]*"unauthenticated"/);
});

test("a client that goes away fires the signal and gives its place back", async () => {
  const gone = Promise.withResolvers<string>();
  const entered = Promise.withResolvers<void>();
  const waiting = echo({
    handle: async (_context, caller) => {
      caller.signal.addEventListener("abort", () => gone.resolve(String(caller.signal.reason)), { once: true });
      entered.resolve();
      await gone.promise;
      return { status: 200, body: {} };
    },
  });
  const { url, agentKey } = await shellWith({
    routes: () => [waiting, echo({ path: "/api/v1/quick", operationId: "quick" })],
    settings: { "server.max_concurrent_requests": 1 },
  });
  const leaving = new AbortController();
  const request = fetch(`${url}/api/v1/echo`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${agentKey}` },
    body: '{"text":"hi"}',
    signal: leaving.signal,
  });
  await entered.promise;
  leaving.abort();
  await expect(request).rejects.toThrow(/abort/);
  expect(await gone.promise).toContain("closed the connection");
  expect((await post(`${url}/api/v1/quick`, agentKey, { text: "hi" })).status).toBe(200);
});

test("a client that hangs up within its body is no fault of the server", async () => {
  const shell = await shellWith({ routes: () => [echo()] });
  shell.context.log.level = "debug";
  const served = once(shell.app.server, "connection") as Promise<[Socket]>;
  const client = connect(shell.port(), "127.0.0.1");
  const head = ["POST /api/v1/echo HTTP/1.1", "Host: localhost", `Authorization: Bearer ${shell.agentKey}`];
  const asked = once(shell.app.server, "request");
  client.write([...head, "Content-Type: application/json", "Content-Length: 100", "", '{"text":'].join("\r\n"));
  await asked;
  const closed = once((await served)[0], "close");
  client.destroy();
  await closed;
  await setImmediate();
  expect(shell.logLines.map((line) => JSON.parse(line) as object)).toMatchObject([
    { level: "debug", operation: "echo", msg: "the client hung up within its request" },
  ]);
});

test("a problem that says when to come back says so in the header too", async () => {
  const refusing = echo({
    handle: async () => {
      throw new PhasegateError("ledger_unavailable", "the disk is full", { retryAfterSeconds: 7 });
    },
  });
  const { url, agentKey } = await shellWith({ routes: () => [refusing] });
  const answer = await post(`${url}/api/v1/echo`, agentKey, { text: "hi" });
  expect([answer.status, answer.headers.get("retry-after"), answer.headers.get("content-type")]).toEqual([
    503,
    "7",
    "application/problem+json; charset=utf-8",
  ]);
});

test("headers that never end are answered request_timeout", async () => {
  const shell = await shellWith({ limits: { headersMs: 200, requestMs: 400 } });
  expect(await raw(shell.port(), "GET / HTTP/1.1\r\nHost: localhost\r\n")).toContain('"code":"request_timeout"');
});

test("a body that never ends is answered request_timeout", async () => {
  const shell = await shellWith({ routes: () => [echo()], limits: { headersMs: 200, requestMs: 400 } });
  const head = `POST /api/v1/echo HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${shell.agentKey}\r\n`;
  const answer = await raw(shell.port(), `${head}Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"text"`);
  expect(answer).toContain("408");
});

test("at its bound an address gets a connection in place of its oldest that never said a word", async () => {
  const shell = await shellWith({ settings: { "server.max_connections_per_address": 3 } });
  const idle = [await openSocket(shell.port()), await openSocket(shell.port()), await openSocket(shell.port())];
  const closed = once(idle[0] as Socket, "close");
  idle[0]?.resume();
  expect(await raw(shell.port(), hello)).toContain("200 OK");
  await closed;
  for (const socket of idle) socket.destroy();
});

test("heads that never come to an end keep no place from others", async () => {
  const shell = await shellWith({ settings: { "server.max_connections_per_address": 3 } });
  const slow = [await openSocket(shell.port()), await openSocket(shell.port()), await openSocket(shell.port())];
  for (const socket of slow) {
    socket.on("error", () => socket.destroy());
    socket.write("GET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ");
  }
  for (let count = 0; count < 4; count += 1) expect(await raw(shell.port(), hello)).toContain("200 OK");
  for (const socket of slow) socket.destroy();
});

test("at its bound an address whose connections all speak gets no other, and those that stand are served", async () => {
  const shell = await shellWith({ settings: { "server.max_connections_per_address": 2 } });
  const speaking = [await openSocket(shell.port()), await openSocket(shell.port())];
  for (const socket of speaking) {
    socket.write(hello.replace("Connection: close", "Connection: keep-alive"));
    expect(String((await once(socket, "data"))[0])).toContain("200 OK");
  }
  const third = connect(shell.port(), "127.0.0.1");
  third.on("error", () => undefined);
  await once(third, "close");
  speaking[0]?.write(hello);
  expect(String((await once(speaking[0] as Socket, "data"))[0])).toContain("200 OK");
  for (const socket of speaking) socket.destroy();
});

test("a connection that pipelines a few requests is answered, one that sends on and on is closed and costs others nothing", async () => {
  const shell = await shellWith({});
  const next = hello.replace("Connection: close", "Connection: keep-alive");
  const few = await raw(shell.port(), `${next.repeat(15)}${hello}`);
  expect(few.match(/200 OK/g)).toHaveLength(16);
  const many = await openSocket(shell.port());
  let answers = 0;
  many
    .on("error", () => undefined)
    .on("data", (bytes) => {
      answers += String(bytes).split("200 OK").length - 1;
      if (answers > 1_000) many.destroy();
    });
  const closed = new Promise((resolve) => many.once("close", resolve));
  many.write(next.repeat(20_000));
  await closed;
  expect(answers).toBeLessThan(1_000);
  expect(await raw(shell.port(), hello)).toContain("200 OK");
});

test("a connection that sends nothing is closed", async () => {
  const shell = await shellWith({ limits: { headersMs: 200, requestMs: 400 } });
  const socket = await openSocket(shell.port());
  socket.resume();
  await expect(once(socket, "close")).resolves.toEqual([false]);
});

test("closing waits for no connection with nothing under way", async () => {
  const shell = await shellWith({});
  const silent = await openSocket(shell.port());
  const kept = await openSocket(shell.port());
  kept.write(hello.replace("Connection: close", "Connection: keep-alive"));
  expect(String((await once(kept, "data"))[0])).toContain("200 OK");
  const ends = [silent.resume(), kept.resume()].map((socket) => once(socket, "close"));
  await shell.app.close();
  await Promise.all(ends);
});

test("a body in a few pieces is read whatever their size, one in thousands of crumbs is closed", async () => {
  const shell = await shellWith({ routes: () => [echo()] });
  const head = `POST /api/v1/echo HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${shell.agentKey}\r\nContent-Type: application/json\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n`;
  const chunked = (text: string, size: number): string =>
    text.replaceAll(new RegExp(`[^]{1,${size}}`, "gu"), (piece) => `${piece.length.toString(16)}\r\n${piece}\r\n`) +
    "0\r\n\r\n";
  const body = (length: number): string => JSON.stringify({ text: "hi" }) + " ".repeat(length);
  expect(await raw(shell.port(), head + chunked(body(900), 1))).toContain("200 OK");
  expect(await raw(shell.port(), head + chunked(body(200_000), 100))).toContain("200 OK");
  const socket = await openSocket(shell.port());
  let answer = "";
  socket.on("error", () => undefined).on("data", (bytes) => (answer += String(bytes)));
  const closed = new Promise((resolve) => socket.once("close", resolve));
  socket.write(head + chunked(body(5_000), 1));
  await closed;
  expect(answer).toBe("");
});

test("while the server closes, new requests are answered shutting_down or find no listener", async () => {
  const gate = Promise.withResolvers<void>();
  const entered = Promise.withResolvers<void>();
  const waiting = echo({
    handle: async () => {
      entered.resolve();
      await gate.promise;
      return { status: 200, body: { text: "done" } };
    },
  });
  const { url, agentKey, app } = await shellWith({ routes: () => [waiting] });
  const first = post(`${url}/api/v1/echo`, agentKey, { text: "hi" });
  await entered.promise;
  const closed = app.close();
  const second = await post(`${url}/api/v1/echo`, agentKey, { text: "hi" }).catch((error: unknown) => error);
  expect(second instanceof Error || (second as { status: number }).status === 503).toBe(true);
  gate.resolve();
  expect((await first).body).toEqual({ text: "done" });
  await closed;
});

const hello = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

async function openSocket(port: number): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  return socket;
}

function raw(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let received = "";
    const socket = connect(port, "127.0.0.1", () => socket.write(text));
    socket.setEncoding("utf8");
    socket.on("data", (chunk: string) => (received += chunk));
    socket.on("close", () => resolve(received));
    socket.on("error", reject);
  });
}
