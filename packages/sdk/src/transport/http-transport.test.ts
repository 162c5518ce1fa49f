import { reasonCodes, errorRegistry } from "@phasegate/wire";
import { describe, expect, test } from "vitest";
import { PhasegateConnectionError, PhasegateProtocolError, UnavailableError } from "../errors.ts";
import type { ClientEvent } from "../events.ts";
import { refusal, type ScriptedAnswer, ScriptedServer } from "../testing/scripted-server.ts";
import { HttpTransport } from "./http-transport.ts";
import { CircuitBreaker, CircuitBreakerOpenError, ErrorHandler } from "@phasegate/resilience";
import { type ClientRetry, defaultClientRetry, passes } from "./client-retry.ts";

const quick: Partial<ClientRetry> = { initialDelayMs: 1, maxDelayMs: 1 };

interface More {
  readonly events?: ClientEvent[];
  readonly circuitBreaker?: CircuitBreaker;
}

function transport(server: ScriptedServer, retry: Partial<ClientRetry> = quick, more: More = {}) {
  return new HttpTransport({
    url: "http://scripted/",
    key: "the-key",
    fetch: server.fetch,
    retry: { ...defaultClientRetry, ...retry },
    circuitBreaker: more.circuitBreaker ?? null,
    requestTimeoutMs: 60_000,
    random: () => 0,
    onEvent: (event) => more.events?.push(event),
  });
}

const mutation = { method: "POST", path: "/tasks/claim", body: { agent_id: "ada" } } as const;
const fine: ScriptedAnswer = { body: { fine: true } };

describe("what is repeated", () => {
  test.each<[string, ScriptedAnswer]>([
    ["a lost connection", "lost"],
    ["a 503", refusal("overloaded")],
    ["a 429", refusal("rate_limited")],
    ["a gateway without a server behind it", { status: 502, body: "<html>Bad gateway</html>" }],
    ["a first sending that still runs", refusal("idempotency_in_progress")],
  ])("%s is repeated under the same idempotency key", async (_, answer) => {
    const server = new ScriptedServer(answer, fine);
    expect((await transport(server).send(mutation)).body).toEqual({ fine: true });
    const keys = server.requests.map((request) => request.headers.get("idempotency-key"));
    expect(keys).toEqual([expect.stringMatching(/^[0-9a-f-]{36}$/), keys[0]]);
  });

  const final = reasonCodes.filter((code) => {
    const { status, retry } = errorRegistry[code];
    return status >= 400 && code !== "idempotency_in_progress" && !(retry && (status === 503 || status === 429));
  });

  test.each(final)("%s is not repeated", async (code) => {
    const server = new ScriptedServer(refusal(code), fine);
    await expect(transport(server).send(mutation)).rejects.toMatchObject({ code });
    expect(server.requests).toHaveLength(1);
  });

  test("the refusals of 503 and 429 that pass are those that the registry says may be repeated", () => {
    const unavailable = reasonCodes.filter((code) => [429, 503].includes(errorRegistry[code].status));
    for (const code of unavailable) {
      const { status, retry } = errorRegistry[code];
      expect([code, passes({ status, code })]).toEqual([code, retry]);
    }
  });

  test("an answer that no Phasegate gives is an error of its own and not repeated", async () => {
    const server = new ScriptedServer({ status: 200, body: "<html>" }, fine);
    await expect(transport(server).send(mutation)).rejects.toBeInstanceOf(PhasegateProtocolError);
    const redirected = new ScriptedServer({ status: 302, body: "" }, fine);
    await expect(transport(redirected).send(mutation)).rejects.toBeInstanceOf(PhasegateProtocolError);
  });
});

describe("how long is waited", () => {
  test("attempts are bounded, and the last error is the one thrown", async () => {
    const server = new ScriptedServer("lost", refusal("overloaded"), "lost", fine);
    const sent = transport(server, { ...quick, maxAttempts: 3 }).send(mutation);
    await expect(sent).rejects.toBeInstanceOf(PhasegateConnectionError);
    expect(server.requests).toHaveLength(3);
  });

  test("a first sending that still runs costs no attempts, but its time is bounded", async () => {
    const running = Array.from({ length: 5 }, () => refusal("idempotency_in_progress"));
    const patient = new ScriptedServer(...running, fine);
    expect((await transport(patient, { ...quick, maxAttempts: 2 }).send(mutation)).body).toEqual({ fine: true });
    const hasty = new ScriptedServer(...running, fine);
    const sent = transport(hasty, { ...quick, maxRunningMs: 3 }).send(mutation);
    await expect(sent).rejects.toMatchObject({ code: "idempotency_in_progress" });
  });

  test("a server that asks for more patience than is left gets none", async () => {
    const server = new ScriptedServer(refusal("overloaded", { "retry-after": "61" }), fine);
    const events: ClientEvent[] = [];
    await expect(transport(server, quick, { events }).send(mutation)).rejects.toBeInstanceOf(UnavailableError);
    expect(events).toEqual([]);
  });

  test("Retry-After is kept to, as seconds or as a date", async () => {
    const events: ClientEvent[] = [];
    const soon = new Date(Date.now() - 5_000).toUTCString();
    const server = new ScriptedServer(
      refusal("rate_limited", { "retry-after": "0" }),
      refusal("rate_limited", { "retry-after": soon }),
      fine,
    );
    await transport(server, quick, { events }).send(mutation);
    expect(events).toMatchObject([
      { type: "retry", attempt: 1, delayMs: 1 },
      { type: "retry", attempt: 2, delayMs: 1 },
    ]);
  });

  test("an abort ends the pause, and so does closing", async () => {
    const controller = new AbortController();
    const patient = { initialDelayMs: 60_000, maxDelayMs: 60_000 };
    const aborted = transport(new ScriptedServer("lost"), patient).send({ ...mutation, signal: controller.signal });
    controller.abort(new Error("enough"));
    await expect(aborted).rejects.toThrow("enough");
    const closing = transport(new ScriptedServer("lost"), patient);
    const closed = closing.send(mutation);
    closing.close();
    await expect(closed).rejects.toThrow("the client was closed");
  });
});

describe("a server that fails call after call", () => {
  const once: Partial<ClientRetry> = { ...quick, maxAttempts: 1 };
  const read = { method: "GET", path: "/tasks/t" } as const;

  test("is left alone until the time is over, but for signs of life", async () => {
    const server = new ScriptedServer("lost", refusal("overloaded"), "lost", fine, fine);
    let now = 0;
    const circuitBreaker = new CircuitBreaker({ failureThreshold: 2, successThreshold: 1, now: () => now });
    const sender = transport(server, once, { circuitBreaker });
    await expect(sender.send(read)).rejects.toBeInstanceOf(PhasegateConnectionError);
    await expect(sender.send(read)).rejects.toBeInstanceOf(UnavailableError);
    await expect(sender.send(read)).rejects.toBeInstanceOf(CircuitBreakerOpenError);
    expect(server.requests).toHaveLength(2);
    await expect(sender.send({ ...mutation, signOfLife: true })).rejects.toBeInstanceOf(PhasegateConnectionError);
    now = 30_000;
    expect((await sender.send(read)).body).toEqual({ fine: true });
    expect(circuitBreaker.state).toBe("CLOSED");
  });

  test("is not a server that refuses", async () => {
    const server = new ScriptedServer(refusal("path_not_allowed"), refusal("rate_limited"), fine);
    const circuitBreaker = new CircuitBreaker({ failureThreshold: 1 });
    const sender = transport(server, once, { circuitBreaker });
    await expect(sender.send(mutation)).rejects.toMatchObject({ code: "path_not_allowed" });
    await expect(sender.send(mutation)).rejects.toMatchObject({ code: "rate_limited" });
    expect((await sender.send(mutation)).body).toEqual({ fine: true });
  });
});

describe("a fallback", () => {
  const once: Partial<ClientRetry> = { ...quick, maxAttempts: 1 };
  const authorize = { method: "POST", path: "/tools/authorize", body: {} } as const;
  const read = { method: "GET", path: "/state/snapshot" } as const;
  const cached = { phase: "PLAN" };

  test.each<[string, ScriptedAnswer]>([
    ["no answer", "lost"],
    ["a server that is behind", refusal("overloaded")],
    ["a denial", refusal("tool_not_allowed")],
    ["another program", { status: 200, body: "<html>" }],
  ])("never stands in for a decision: %s", async (_, answer) => {
    const sender = transport(new ScriptedServer(answer), once);
    for (const value of [{ effect: "allow" }, { allowed: true }, cached]) {
      const handler = new ErrorHandler({ fallback: () => value });
      await expect(handler.execute(() => sender.send(authorize))).rejects.toBeInstanceOf(Error);
    }
  });

  test("never stands in for a decision that an open circuit keeps from being asked for", async () => {
    const circuitBreaker = new CircuitBreaker({ failureThreshold: 1 });
    const sender = transport(new ScriptedServer("lost"), once, { circuitBreaker });
    await expect(sender.send(read)).rejects.toBeInstanceOf(PhasegateConnectionError);
    const handler = new ErrorHandler({ fallback: () => cached });
    await expect(handler.execute(() => sender.send(authorize))).rejects.toBeInstanceOf(CircuitBreakerOpenError);
    expect(await handler.execute(() => sender.send(read))).toEqual(cached);
  });

  test("stands in for a read that got no answer, and not for one that was refused", async () => {
    const handler = new ErrorHandler({ fallback: () => cached });
    expect(await handler.execute(() => transport(new ScriptedServer("lost"), once).send(read))).toEqual(cached);
    const refused = transport(new ScriptedServer(refusal("forbidden")), once);
    await expect(handler.execute(() => refused.send(read))).rejects.toMatchObject({ code: "forbidden" });
  });
});

test("a request carries the key, and only a mutation an idempotency key", async () => {
  const server = new ScriptedServer(fine, fine);
  const sender = transport(server);
  await sender.send({ method: "GET", path: "/tasks/t" });
  await sender.send(mutation);
  const [read, write] = server.requests.map(({ headers }) => headers);
  expect(read?.get("authorization")).toBe("Bearer the-key");
  expect(read?.has("idempotency-key")).toBe(false);
  expect(read?.has("content-type")).toBe(false);
  expect(write?.get("content-type")).toBe("application/json");
  expect(write?.has("idempotency-key")).toBe(true);
});
