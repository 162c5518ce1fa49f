import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { openShell, type Shell, type ShellOptions } from "./shell-under-test.ts";
import { defaultTurnBounds, Turns } from "./turns.ts";

const shells: Shell[] = [];
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const shell of shells.splice(0)) await shell.close();
});

/** After its first refusal an address rests for longer than a test takes. */
async function shellThatRests(settings: ShellOptions["settings"] = {}): Promise<Shell> {
  const bounds = { ...defaultTurnBounds, recentMs: 60_000, restMsAfterRefusal: 60_000 };
  const shell = await openShell({ settings, turns: new Turns(() => performance.now(), bounds) });
  shells.push(shell);
  await shell.listen();
  expect(await ask(shell, "/api/v1/keys", shell.operatorKey)).toContain("200 OK");
  expect(await ask(shell, "/api/v1/keys")).toContain("401 Unauthorized");
  return shell;
}

function request(path: string, key: string | null = null): string {
  const authorization = key === null ? "" : `Authorization: Bearer ${key}\r\n`;
  return `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${authorization}\r\n`;
}

async function open(shell: Shell): Promise<Socket> {
  const socket = connect(shell.port(), "127.0.0.1");
  sockets.push(socket);
  socket.on("error", () => undefined);
  await once(socket, "connect");
  return socket;
}

/** The first piece of the answer, on a connection of its own. */
async function ask(shell: Shell, path: string, key: string | null = null): Promise<string> {
  const socket = await open(shell);
  socket.write(request(path, key));
  const closed = once(socket, "close").then(() => ["closed"]);
  const [bytes] = (await Promise.race([once(socket, "data"), closed])) as [Buffer | string];
  socket.destroy();
  return String(bytes);
}

/** A connection whose request was refused, and whose answer waits. */
async function waiting(shell: Shell, path = "/api/v1/keys"): Promise<Socket> {
  const socket = await open(shell);
  const came = once(shell.app.server, "request");
  socket.write(request(path));
  await came;
  return socket;
}

test(
  "refusals rest after each, and whoever has a key at the same address waits for none of those without",
  { timeout: 20_000 },
  async () => {
    const shell = await shellThatRests();
    const flood = [await waiting(shell), await waiting(shell, "/nothing"), await waiting(shell)];
    const heard: string[] = [];
    for (const socket of flood) socket.on("data", (bytes: Buffer) => heard.push(String(bytes)));
    expect(await ask(shell, "/api/v1/keys", shell.operatorKey)).toContain("200 OK");
    expect(await ask(shell, "/api/v1/keys", shell.agentKey)).toContain("403 Forbidden");
    expect(await ask(shell, "/nothing", shell.operatorKey)).toContain("404 Not Found");
    for (const path of ["/", "/health", "/health/live", "/health/ready", "/metrics"]) {
      expect(await ask(shell, path)).toContain("200 OK");
    }
    expect(heard).toEqual([]);
  },
);

test("connections whose refusals wait keep no place from who has a key", async () => {
  const shell = await shellThatRests({ "server.max_connections_per_address": 2 });
  const flood = [await waiting(shell), await waiting(shell)];
  const ended = once(flood[0] as Socket, "close");
  flood[0]?.resume();
  expect(await ask(shell, "/api/v1/keys", shell.operatorKey)).toContain("200 OK");
  await ended;
});

test("a client that waits for its refusals keeps its connection", async () => {
  const shell = await openShell();
  shells.push(shell);
  await shell.listen();
  const socket = await open(shell);
  for (const path of ["/api/v1/keys", "/nothing"]) {
    socket.write(request(path));
    expect(String((await once(socket, "data"))[0])).toMatch(/^HTTP\/1.1 40[14][^]*connection: keep-alive/i);
  }
});

/** The first refusal is answered at once, the second waits and ends the connection; the third request tells so. */
test.each([
  { sent: "without a key", key: () => null, parsed: 3, answers: 2 },
  { sent: "with a key", key: (shell: Shell) => shell.operatorKey, parsed: 17, answers: 0 },
])("of 2,000 requests that are sent at once $sent, $parsed are parsed and $answers answered", async (each) => {
  const shell = await openShell();
  shells.push(shell);
  await shell.listen();
  let parsed = 0;
  shell.app.server.prependListener("request", () => (parsed += 1));
  const socket = await open(shell);
  let answer = "";
  socket.on("data", (bytes: Buffer) => (answer += String(bytes)));
  const closed = new Promise((resolve) => socket.once("close", resolve));
  socket.write(request("/api/v1/keys", each.key(shell)).repeat(2_000));
  await closed;
  expect(parsed).toBe(each.parsed);
  expect(answer.match(/HTTP\/1.1/g) ?? []).toHaveLength(each.answers);
});
