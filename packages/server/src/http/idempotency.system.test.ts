import { PhasegateError } from "@phasegate/wire";
import { Type } from "typebox";
import { afterEach, expect, test } from "vitest";
import type { RouteAnswer } from "./route.ts";
import { route } from "./route.ts";
import { openShell, type Shell } from "./shell-under-test.ts";

let shell: Shell | null = null;
afterEach(async () => {
  await shell?.close();
  shell = null;
});

/** A shell with one route that counts how often it ran. */
async function counting(handle: (count: number) => Promise<RouteAnswer>): Promise<Shell> {
  let count = 0;
  shell = await openShell({
    routes: () => [
      route({
        method: "POST",
        path: "/api/v1/count",
        operationId: "count",
        summary: "Counts",
        tag: "test",
        access: { kind: "principal", open: true },
        body: Type.Object({ text: Type.Optional(Type.String()) }),
        answers: { 200: Type.Object({}), 201: Type.Object({}) },
        handle: () => handle((count += 1)),
      }),
    ],
  });
  return shell;
}

function post(opened: Shell, key: string | null, body: object = {}, principalKey = opened.agentKey) {
  return opened.app.inject({
    method: "POST",
    url: "/api/v1/count",
    headers: {
      host: "localhost",
      authorization: `Bearer ${principalKey}`,
      ...(key === null ? {} : { "idempotency-key": key }),
    },
    payload: body,
  });
}

test("the same request with the same key runs once, and gets the same answer", async () => {
  const opened = await counting(async (count) => ({ status: 201, body: { count } }));
  const first = await post(opened, "k1", { text: "a" });
  const again = await post(opened, "k1", { text: "a" });
  expect([first.statusCode, first.body]).toEqual([201, '{"count":1}']);
  expect([again.statusCode, again.body]).toEqual([201, '{"count":1}']);
  expect((await post(opened, "k2", { text: "a" })).body).toBe('{"count":2}');
  expect((await post(opened, null, { text: "a" })).body).toBe('{"count":3}');
});

test("another body under the same key is refused, another principal's key is another key", async () => {
  const opened = await counting(async (count) => ({ status: 200, body: { count } }));
  await post(opened, "k1", { text: "a" });
  const other = await post(opened, "k1", { text: "b" });
  expect([other.statusCode, other.json<{ code: string }>().code]).toEqual([422, "idempotency_key_reused"]);
  expect((await post(opened, "k1", { text: "b" }, opened.operatorKey)).body).toBe('{"count":2}');
});

test("a large body is told apart by its content, too", async () => {
  const opened = await counting(async (count) => ({ status: 200, body: { count } }));
  const text = "x".repeat(300_000);
  expect((await post(opened, "k1", { text })).body).toBe('{"count":1}');
  expect((await post(opened, "k1", { text })).body).toBe('{"count":1}');
  expect((await post(opened, "k1", { text: `${text}y` })).json()).toMatchObject({ code: "idempotency_key_reused" });
});

test("while the first request runs, the second is told so", async () => {
  const gate = Promise.withResolvers<void>();
  const entered = Promise.withResolvers<void>();
  const opened = await counting(async (count) => {
    entered.resolve();
    await gate.promise;
    return { status: 200, body: { count } };
  });
  const first = post(opened, "k1");
  const running = first.then((answer) => answer.body);
  await entered.promise;
  const second = await post(opened, "k1");
  expect([second.statusCode, second.json<{ code: string }>().code]).toEqual([409, "idempotency_in_progress"]);
  gate.resolve();
  expect(await running).toBe('{"count":1}');
});

test("a final refusal is repeated; one that may be sent again as it is runs again", async () => {
  const opened = await counting(async (count) => {
    if (count === 1) throw new PhasegateError("forbidden", "no");
    if (count === 2) throw new PhasegateError("ledger_unavailable", "the disk is full");
    return { status: 200, body: { count } };
  });
  expect((await post(opened, "final")).statusCode).toBe(403);
  const again = await post(opened, "final");
  expect([again.statusCode, again.headers["content-type"], again.json<{ code: string }>().code]).toEqual([
    403,
    "application/problem+json; charset=utf-8",
    "forbidden",
  ]);
  expect((await post(opened, "later")).statusCode).toBe(503);
  expect((await post(opened, "later")).body).toBe('{"count":3}');
});

test("after a bug nobody knows the outcome, and the request is never run again", async () => {
  const opened = await counting(async () => {
    throw new Error("bug");
  });
  expect((await post(opened, "k1")).statusCode).toBe(500);
  const again = await post(opened, "k1");
  expect([again.statusCode, again.json<{ code: string }>().code]).toEqual([409, "outcome_unknown"]);
});

test("after a crash the outcome is unknown", async () => {
  const opened = await counting(async (count) => ({ status: 200, body: { count } }));
  const gate = Promise.withResolvers<never>();
  const entered = Promise.withResolvers<void>();
  opened.context.ledger.finishIdempotent = async () => {
    entered.resolve();
    await gate.promise;
  };
  void post(opened, "k1").then(
    () => undefined,
    () => undefined,
  );
  await entered.promise;
  await opened.ledger.recoverIdempotent(opened.time.now);
  expect((await post(opened, "k1")).json<{ code: string }>().code).toBe("outcome_unknown");
  gate.reject(new PhasegateError("ledger_unavailable", "gone"));
});

test("a token is in both answers, the same token id, and in no record", async () => {
  const claims = { tokenId: "tok_1", taskId: "task_1", subject: "prn_1", phase: "PLAN", epoch: 1 } as never;
  const opened = await counting(async () => ({
    status: 200,
    body: { phase_token: "never stored", task: "task_1" },
    mint: {
      claims: { ...(claims as object), allowedTools: [], expirySeconds: null } as never,
      member: "phase_token",
      expiresAtMember: "expires_at",
    },
  }));
  const recorded: unknown[] = [];
  const finish = opened.ledger.finishIdempotent.bind(opened.ledger);
  opened.context.ledger.finishIdempotent = (record) => {
    recorded.push(record);
    return finish(record);
  };
  type Body = { phase_token: string; expires_at: string };
  const first = (await post(opened, "k1")).json<Body>();
  opened.time.now += 60_000;
  const again = (await post(opened, "k1")).json<Body>();
  expect(await opened.context.tokens.verify(first.phase_token)).toMatchObject({ tokenId: "tok_1" });
  expect(await opened.context.tokens.verify(again.phase_token)).toMatchObject({ tokenId: "tok_1" });
  expect(again.expires_at > first.expires_at).toBe(true);
  const text = JSON.stringify(recorded);
  expect(text).not.toContain("never stored");
  expect(text).not.toContain(first.phase_token);
});

test.each(["", " ", "x".repeat(256), "é"])("a key that is no key is refused: %j", async (key) => {
  const opened = await counting(async (count) => ({ status: 200, body: { count } }));
  const answer = await post(opened, key);
  expect([answer.statusCode, answer.json<{ findings: { place: string }[] }>().findings[0]?.place]).toEqual([
    422,
    "/headers/idempotency-key",
  ]);
});
