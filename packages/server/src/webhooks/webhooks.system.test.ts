import { createHmac } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type Ledger, openMemoryLedger } from "@phasegate/ledger";
import { CircuitBreakers } from "@phasegate/resilience";
import {
  type CloudEventAnswer,
  digestJson,
  type EventId,
  type NewEvent,
  type PrincipalId,
  serverPrincipalId,
} from "@phasegate/wire";
import pino from "pino";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { SystemStream } from "../events/system-stream.ts";
import { createIds, systemClock } from "../ids.ts";
import { DeadLetters } from "./dead-letters.ts";
import { readWebhooks, type Webhook } from "./webhook.ts";
import { Webhooks } from "./webhooks.ts";

type Answer = (request: IncomingMessage, response: ServerResponse, body: string) => void;

/** A receiver on loopback that answers as it is told. */
class Receiver {
  readonly taken: { readonly headers: IncomingMessage["headers"]; readonly body: string }[] = [];
  requests = 0;
  answer: Answer = (_request, response) => response.writeHead(204).end();
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => {
      let body = "";
      request.setEncoding("utf8").on("data", (piece: string) => (body += piece));
      request.on("end", () => {
        this.requests += 1;
        response.once("finish", () => {
          if (response.statusCode < 300) this.taken.push({ headers: request.headers, body });
        });
        this.answer(request, response, body);
      });
    });
  }

  static async listen(port = 0): Promise<Receiver> {
    const receiver = new Receiver();
    await new Promise<void>((resolve) => receiver.#server.listen(port, "127.0.0.1", resolve));
    return receiver;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Names of what was taken, in order. */
  get names(): string[] {
    return this.taken.map(({ body }) => (JSON.parse(body) as { data: { reason: string } }).data.reason);
  }

  close(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }
}

const status =
  (code: number, headers: Record<string, string> = {}): Answer =>
  (_request, response) =>
    response.writeHead(code, headers).end();

describe("a webhook", () => {
  const ids = createIds(systemClock);
  let ledger: Ledger;
  let receiver: Receiver;
  const closing: (() => Promise<void>)[] = [];
  const versions = new Map<string, number>();

  beforeEach(async () => {
    ledger = openMemoryLedger();
    versions.clear();
    receiver = await Receiver.listen();
    closing.push(() => ledger.close());
    closing.push(() => receiver.close());
  });
  afterEach(async () => {
    for (const close of closing.splice(0).toReversed()) await close();
  });

  function webhookOf(more: Partial<Webhook> = {}): Webhook {
    return {
      name: "outside",
      url: `http://127.0.0.1:${receiver.port}/secret-path`,
      origin: `http://127.0.0.1:${receiver.port}`,
      types: null,
      secret: null,
      timeoutMs: 5_000,
      maxAttempts: 3,
      ...more,
    };
  }

  async function opened(webhook: Webhook = webhookOf(), failureThreshold = 100, timeoutSeconds = 0.05) {
    const breakers = new CircuitBreakers({ failureThreshold, successThreshold: 1, timeoutSeconds });
    const system = new SystemStream({ ledger, clock: systemClock });
    const webhooks = new Webhooks([webhook], {
      ledger,
      clock: systemClock,
      log: pino({ level: "silent" }),
      breakers,
      retry: () => ({
        max_attempts: 3,
        initial_delay_ms: 1,
        max_delay_ms: 2,
        exponential_base: 2,
        jitter: false,
      }),
      deadLetters: new DeadLetters({ ledger, ids, system }),
      random: () => 0,
    });
    await webhooks.start();
    closing.push(() => webhooks.close());
    return { webhooks, breakers };
  }

  /** One event for each name, in one stream. */
  async function happen(stream: string, ...names: string[]): Promise<void> {
    for (const name of names) {
      const expectedVersion = versions.get(stream) ?? 0;
      versions.set(stream, expectedVersion + 1);
      const result = await ledger.append({
        stream,
        expectedVersion,
        origin: { principal: "prn_test" as PrincipalId, agentId: null, at: new Date().toISOString() },
        events: [{ id: ids.make("event"), type: "key.revoked", data: { key_id: "key_1", reason: name } }],
      });
      expect(result.status).toBe("appended");
    }
  }

  const letters = (webhooks: Webhooks) => webhooks.deadLetters.list({ limit: 10 });

  test("gets a signed CloudEvent, under one id however often it is sent", async () => {
    const secret = Buffer.from("a secret of the tests with enough bytes");
    await opened(webhookOf({ secret }));
    let first: IncomingMessage["headers"] | null = null;
    receiver.answer = (request, response) => {
      response.writeHead(first ? 204 : 500).end();
      first ??= request.headers;
    };
    await happen("principal/prn_a", "lost");
    await expect.poll(() => receiver.taken.length).toBe(1);
    const { headers, body } = receiver.taken[0] ?? { headers: {}, body: "" };
    const event = JSON.parse(body) as CloudEventAnswer;
    expect(event).toMatchObject({ specversion: "1.0", type: "key.revoked", subject: "principal/prn_a", position: 1 });
    expect(headers["content-type"]).toBe("application/cloudevents+json; charset=utf-8");
    expect([headers["webhook-id"], first?.["webhook-id"]]).toEqual([event.id, event.id]);
    const signed = `${event.id}.${String(headers["webhook-timestamp"])}.${body}`;
    const mac = createHmac("sha256", secret).update(signed).digest("base64");
    expect(headers["webhook-signature"]).toBe(`v1,${mac}`);
  });

  test("gets the types that it asked for, and nothing about webhooks", async () => {
    await opened(webhookOf({ types: new Set(["key.created"]) }));
    await happen("principal/prn_a", "unwanted");
    const { webhooks } = await opened(webhookOf({ name: "all", maxAttempts: 1 }));
    receiver.answer = status(400);
    await happen("principal/prn_a", "refused");
    await expect.poll(() => letters(webhooks)).toHaveLength(1);
    receiver.answer = status(204);
    await happen("principal/prn_a", "last");
    await expect.poll(() => receiver.names).toEqual(["last"]);
  });

  test.each<[string, Answer, string]>([
    ["500", status(500), "status 500"],
    ["404", status(404), "status 404"],
    ["a redirect, which is not followed", status(307, { location: "/elsewhere" }), "status 307: redirects are not"],
    ["a dropped connection", (request) => request.socket.destroy(), "no answer: "],
    ["silence", () => undefined, "no answer: too slow"],
  ])("that answers %s gets the event so often as set, and then it is a dead letter", async (_, answer, error) => {
    receiver.answer = answer;
    const { webhooks } = await opened(webhookOf(error.endsWith("too slow") ? { timeoutMs: 100 } : {}));
    await happen("principal/prn_a", "first");
    await expect.poll(() => letters(webhooks)).toHaveLength(1);
    if (!error.endsWith("too slow")) expect(receiver.requests).toBe(3);
    const [letter] = await letters(webhooks);
    expect(letter).toMatchObject({ webhook: "outside", eventType: "key.revoked", position: 1, attempts: 3 });
    expect(letter?.error).toContain(error);
    expect(JSON.stringify(letter)).not.toContain("secret-path");
  });

  test("that refuses one event gets the others meanwhile, and those of each stream in order", async () => {
    receiver.answer = (_request, response, body) => response.writeHead(body.includes("poison") ? 500 : 204).end();
    const { webhooks } = await opened(webhookOf({ maxAttempts: 20 }));
    await happen("principal/prn_a", "poison", "a2", "a3");
    await happen("principal/prn_b", "b1", "b2");
    await expect.poll(() => receiver.names).toEqual(["b1", "b2"]);
    await expect.poll(() => receiver.names).toEqual(["b1", "b2", "a2", "a3"]);
    expect(await letters(webhooks)).toHaveLength(1);
  });

  test("that is dead for a while loses nothing, and no attempt is counted while its circuit is open", async () => {
    const { port } = receiver;
    const webhook = webhookOf();
    await receiver.close();
    const { webhooks, breakers } = await opened(webhook, 2);
    await happen("principal/prn_a", "1", "2");
    await happen("principal/prn_b", "3");
    await expect.poll(() => breakers.stats()[0]?.openings ?? 0).toBeGreaterThan(3);
    expect(await letters(webhooks)).toEqual([]);
    receiver = await Receiver.listen(port);
    await expect.poll(() => receiver.names.toSorted()).toEqual(["1", "2", "3"]);
    expect(receiver.names.filter((name) => name !== "3")).toEqual(["1", "2"]);
    expect(breakers.stats()[0]?.state).toBe("CLOSED");
  });

  test("gets what waits as soon as an operator closes its circuit", async () => {
    receiver.answer = status(500);
    const { webhooks, breakers } = await opened(webhookOf(), 1, 3_600);
    await happen("principal/prn_a", "1", "2");
    await expect.poll(() => webhooks.status()[0]?.status.circuit).toBe("OPEN");
    receiver.answer = status(204);
    breakers.reset("webhook:outside");
    webhooks.goOn("webhook:outside");
    await expect.poll(() => receiver.names).toEqual(["1", "2"]);
  });

  test("that takes no events still gets questions to it and what people are told, each behind its own circuit", async () => {
    receiver.answer = (_request, response, body) => response.writeHead(body.includes("key.revoked") ? 500 : 204).end();
    const { webhooks, breakers } = await opened(webhookOf({ types: new Set(["key.revoked"]) }), 2);
    // More than is read ahead of the first that was not taken.
    await happen("principal/prn_a", ...Array.from({ length: 300 }, (_, index) => `${index}`));
    await expect.poll(() => webhooks.status()[0]?.status).toMatchObject({ outstanding: 256, circuit: "OPEN" });
    await ledger.append({
      stream: "task/task_1",
      expectedVersion: 0,
      origin: { principal: "prn_test" as PrincipalId, agentId: null, at: new Date().toISOString() },
      events: [question("external:outside"), question("external:another"), told("outside"), told("another")],
    });
    const types = () => receiver.taken.map(({ body }) => (JSON.parse(body) as { type: string }).type).toSorted();
    await expect.poll(types).toEqual(["approval.requested", "notification.requested"]);
    const circuits = breakers.stats().map(({ name, state, openings }) => [name, state, openings > 0]);
    expect(circuits).toEqual([
      ["external:outside", "CLOSED", false],
      ["notification:outside", "CLOSED", false],
      ["webhook:outside", expect.stringMatching(/OPEN/), true],
    ]);
    expect(breakers.reset("webhook:outside")?.state).toBe("CLOSED");
  });

  test("that answers 410 is left alone until it is resumed", async () => {
    receiver.answer = status(410);
    const { webhooks } = await opened();
    await happen("principal/prn_a", "1");
    await expect.poll(() => webhooks.status()[0]?.status.gone).toBe(true);
    receiver.answer = status(204);
    await happen("principal/prn_b", "2");
    expect(receiver.requests).toBe(1);
    webhooks.resume("outside");
    await expect.poll(() => receiver.names.toSorted()).toEqual(["1", "2"]);
  });

  test("gets a dead letter again when an operator sends it, and the letter is settled", async () => {
    receiver.answer = status(500);
    const { webhooks } = await opened(webhookOf({ maxAttempts: 1 }));
    await happen("principal/prn_a", "1");
    await expect.poll(() => letters(webhooks)).toHaveLength(1);
    const [letter] = await letters(webhooks);
    const send = () => webhooks.redeliver(letter?.id ?? "", serverPrincipalId);
    await expect(send()).rejects.toMatchObject({ code: "webhook_failed" });
    receiver.answer = status(204);
    await send();
    expect(receiver.names).toEqual(["1"]);
    expect(await letters(webhooks)).toEqual([]);
    await expect(webhooks.redeliver("evt_1" as EventId, serverPrincipalId)).rejects.toMatchObject({
      code: "not_found",
    });
  });

  test("goes on after a restart where it stood, and misses nothing that happened in between", async () => {
    const { webhooks } = await opened();
    await happen("principal/prn_a", "1");
    await expect.poll(() => receiver.names).toEqual(["1"]);
    await webhooks.close();
    await happen("principal/prn_a", "2", "3");
    await opened();
    await expect.poll(() => receiver.names).toEqual(["1", "2", "3"]);
  });

  test("takes ten writers at once, each stream in order", async () => {
    await opened();
    const streams = Array.from({ length: 10 }, (_, index) => `principal/prn_${index}`);
    const numbers = ["1", "2", "3", "4", "5"];
    await Promise.all(streams.map((stream) => happen(stream, ...numbers.map((number) => `${stream} ${number}`))));
    await expect.poll(() => receiver.taken.length).toBe(50);
    for (const stream of streams) {
      const own = receiver.names.filter((name) => name.startsWith(`${stream} `));
      expect(own).toEqual(numbers.map((number) => `${stream} ${number}`));
    }
  });
});

const eventIds = createIds(systemClock);

/** What a gate asks an outside system. */
function question(approver: string): NewEvent {
  const id = eventIds.make("event");
  const digest = digestJson(approver);
  return {
    id,
    type: "approval.requested",
    data: {
      approval_id: "apr_1",
      gate: "outside",
      phase: "WORK",
      entry: 1,
      operation_id: "op_1",
      digest,
      tree: digest,
      artifacts: {},
      evidence: {},
      approvers: [approver],
      approvals_required: 1,
      expires_at: "2030-01-01T00:00:00.000Z",
      repeated: false,
    },
  };
}

/** What a trigger tells one receiver. */
function told(webhook: string): NewEvent {
  const id = eventIds.make("event");
  const data = {
    audience: "webhook",
    webhook,
    reason: "trigger",
    message: "",
    phase: "WORK",
    entry: 1,
    params: {},
  } as const;
  return { id, type: "notification.requested", data };
}

test("wrong webhooks are told all at once", () => {
  const configured = [
    { name: "a", url: "ftp://host/" },
    { name: "a", url: "https://user:password@host/" },
    { url: "https://host/", types: ["task.clamed"], secret_env_var: "ABSENT" },
    { url: "https://other/", secret_env_var: "SHORT" },
  ];
  const messages: string[] = [];
  try {
    readWebhooks(configured, { SHORT: "too short" });
  } catch (error) {
    const { extras } = error as { extras: { findings: { place: string; message: string }[] } };
    messages.push(...extras.findings.map(({ place, message }) => `${place}: ${message}`));
  }
  expect(messages).toEqual([
    "events.webhooks[0]: `url` must be an `http` or `https` address",
    "events.webhooks[1]: `url` carries a password; sign with `secret_env_var` instead",
    "events.webhooks[1]: another webhook is `a`; give one a `name`",
    "events.webhooks[2]: unknown event type `task.clamed`; see docs/reference/events.md",
    "events.webhooks[2]: `ABSENT` must hold a secret: 24 bytes or more, or `whsec_` and base64 of as many",
    "events.webhooks[3]: `SHORT` must hold a secret: 24 bytes or more, or `whsec_` and base64 of as many",
  ]);
});
