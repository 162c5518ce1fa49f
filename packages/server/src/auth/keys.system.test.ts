import { mkdtempSync, readFileSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openMemoryLedger } from "@phasegate/ledger";
import { serverPrincipalId } from "@phasegate/wire";
import { afterEach, expect, test } from "vitest";
import { openShell, type Shell } from "../http/shell-under-test.ts";
import { createIds } from "../ids.ts";
import { createLoggerTo } from "../telemetry/logger.ts";
import { ensureFirstKey } from "./first-key.ts";
import { KeyRing } from "./key-ring.ts";

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function shell(): Promise<Shell> {
  const opened = await openShell();
  closing.push(() => opened.close());
  return opened;
}

async function ring(ledger = openMemoryLedger()) {
  const time = { now: Date.UTC(2030, 0, 1) };
  const clock = { now: () => time.now };
  const log = createLoggerTo({ write: () => undefined }, "silent");
  const keys = await KeyRing.open({ ledger, clock, ids: createIds(clock), log });
  closing.push(() => keys.close());
  return { keys, ledger, time };
}

function call(opened: Shell, method: "GET" | "POST" | "DELETE", path: string, key: string, body?: object) {
  return opened.app.inject({
    method,
    url: `/api/v1${path}`,
    headers: { host: "localhost", authorization: `Bearer ${key}` },
    ...(body ? { payload: body } : {}),
  });
}

const ada = { name: "ada", kind: "agent", roles: ["agent"], owner: null, expiresInSeconds: null } as const;

test("a key is shown once: neither the list nor the ledger nor a log has it", async () => {
  const opened = await shell();
  const created = await call(opened, "POST", "/keys", opened.operatorKey, {
    name: "ada",
    kind: "agent",
    roles: ["agent"],
  });
  expect(created.statusCode).toBe(201);
  const { key, id, principal } = created.json<{ key: string; id: string; principal: string }>();
  expect(key).toMatch(/^pgk_[A-Za-z0-9_-]{43}$/);
  const list = await call(opened, "GET", "/keys", opened.operatorKey);
  expect(list.json<{ keys: object[] }>().keys).toContainEqual({
    id,
    principal,
    name: "ada",
    kind: "agent",
    roles: ["agent"],
    owner: null,
    created_at: "2030-01-01T00:00:00.000Z",
    expires_at: null,
    revoked_at: null,
  });
  const events = await opened.ledger.readAll({ after: 0, limit: 100 });
  expect(list.body + JSON.stringify(events) + opened.logLines.join("")).not.toContain(key);
});

test("a key ends at its time", async () => {
  const { keys, time } = await ring();
  const { key } = await keys.create(serverPrincipalId, { ...ada, expiresInSeconds: 60 });
  time.now += 59_999;
  expect(keys.principalOf(key)?.name).toBe("ada");
  time.now += 1;
  expect(keys.principalOf(key)).toBeNull();
});

test("keys are read again after a restart, revoked ones as revoked", async () => {
  const { keys, ledger } = await ring();
  const kept = await keys.create(serverPrincipalId, ada);
  const gone = await keys.create(serverPrincipalId, ada);
  await keys.revoke(serverPrincipalId, gone.state.id, "lost");
  const again = await ring(ledger);
  expect(again.keys.principalOf(kept.key)?.id).toBe(kept.state.principalId);
  expect(again.keys.principalOf(gone.key)).toBeNull();
});

test("a second key of a name belongs to the same principal", async () => {
  const { keys } = await ring();
  const first = await keys.create(serverPrincipalId, ada);
  const second = await keys.create(serverPrincipalId, ada);
  expect(second.state.principalId).toBe(first.state.principalId);
  expect(second.state.id).not.toBe(first.state.id);
});

test("a revocation on one instance reaches the other, and raises the authority version", async () => {
  const one = await ring();
  const other = await ring(one.ledger);
  const { key, state } = await one.keys.create(serverPrincipalId, ada);
  await other.keys.refresh();
  expect(other.keys.principalOf(key)?.name).toBe("ada");
  const before = await one.ledger.authorityVersion();
  await one.keys.revoke(serverPrincipalId, state.id, "lost");
  expect(await one.ledger.authorityVersion()).toBe(before + 1);
  await other.keys.refresh();
  expect(other.keys.principalOf(key)).toBeNull();
  expect(other.keys.authorityVersion).toBe(before + 1);
});

test("two instances that make keys of one name at once make one principal", async () => {
  const one = await ring();
  const other = await ring(one.ledger);
  const made = await Promise.all([one.keys.create(serverPrincipalId, ada), other.keys.create(serverPrincipalId, ada)]);
  expect(new Set(made.map(({ state }) => state.principalId)).size).toBe(1);
});

test("nobody works under the name or id of another principal", async () => {
  const { keys } = await ring();
  const { state } = await keys.create(serverPrincipalId, ada);
  const other = await keys.create(serverPrincipalId, { ...ada, name: "grace" });
  expect(keys.agentNameAllowed(state.principal, "ada")).toBe(true);
  expect(keys.agentNameAllowed(state.principal, "worker-7")).toBe(true);
  expect(keys.agentNameAllowed(state.principal, "grace")).toBe(false);
  expect(keys.agentNameAllowed(state.principal, other.state.principalId)).toBe(false);
  expect(keys.agentNameAllowed(state.principal, "Gr\u0430ce")).toBe(false);
  expect(keys.agentNameAllowed(other.state.principal, "Gr\u0430ce")).toBe(true);
  await keys.revoke(serverPrincipalId, other.state.id, "left");
  expect(keys.agentNameAllowed(state.principal, "Gr\u0430ce")).toBe(false);
});

test("who answers for agents is told each of them once, whatever keys they have", async () => {
  const { keys } = await ring();
  const owner = (await keys.create(serverPrincipalId, { ...ada, kind: "person", roles: ["approver"] })).state
    .principalId;
  const first = await keys.create(serverPrincipalId, { ...ada, name: "one", owner });
  const second = await keys.create(serverPrincipalId, { ...ada, name: "two", owner });
  await keys.create(serverPrincipalId, { ...ada, name: "one", owner });
  await keys.revoke(serverPrincipalId, second.state.id, "left");
  expect(keys.agentsOf(owner)).toEqual([first.state.principalId, second.state.principalId]);
  expect(keys.agentsOf(first.state.principalId)).toEqual([]);
});

const operatorOnly: [string, object, string, string][] = [
  ["an agent with a person's role", { name: "x", kind: "agent", roles: ["approver"] }, "invalid_request", "/roles"],
  ["a name of another kind", { name: "agent-1", kind: "person", roles: ["auditor"] }, "invalid_request", "/kind"],
  ["a reserved name", { name: "open", kind: "agent", roles: ["agent"] }, "invalid_request", "/name"],
  ["an unknown owner", { name: "x", kind: "agent", roles: ["agent"], owner: "nobody" }, "invalid_request", "/owner"],
  ["an agent as owner", { name: "x", kind: "agent", roles: ["agent"], owner: "agent-1" }, "invalid_request", "/owner"],
  ["no roles", { name: "x", kind: "agent", roles: [] }, "invalid_request", "/roles"],
];
test.each(operatorOnly)("no key is made for %s", async (_name, body, code, place) => {
  const opened = await shell();
  const answer = await call(opened, "POST", "/keys", opened.operatorKey, body);
  const problem = answer.json<{ code: string; findings: { place: string }[] }>();
  expect([answer.statusCode, problem.code, problem.findings[0]?.place]).toEqual([422, code, place]);
});

test("agents cannot list, make or revoke keys; an operator cannot make an admin", async () => {
  const opened = await shell();
  const wanted = { name: "x", kind: "person", roles: ["operator"] };
  const made = await call(opened, "POST", "/keys", opened.operatorKey, wanted);
  const operator = made.json<{ key: string }>().key;
  const agentId = opened.keys.principalOf(opened.agentKey)?.keyId ?? "";
  const codes = [
    await call(opened, "GET", "/keys", opened.agentKey),
    await call(opened, "POST", "/keys", opened.agentKey, wanted),
    await call(opened, "DELETE", `/keys/${agentId}`, opened.agentKey),
    await call(opened, "POST", "/keys", operator, { ...wanted, name: "y", roles: ["admin"] }),
  ].map((answer) => answer.json<{ code: string }>().code);
  expect(codes).toEqual(["forbidden", "forbidden", "forbidden", "forbidden"]);
});

test("the last operator key cannot be revoked", async () => {
  const opened = await shell();
  const id = opened.keys.principalOf(opened.operatorKey)?.keyId ?? "";
  const answer = await call(opened, "DELETE", `/keys/${id}`, opened.operatorKey);
  expect(answer.json()).toMatchObject({ status: 409, code: "last_operator_key" });
  expect((await call(opened, "DELETE", "/keys/key_none", opened.operatorKey)).statusCode).toBe(404);
});

test("the first start sets the operator's key, or makes one; a later start does neither", async () => {
  const { keys } = await ring();
  const env = { PHASEGATE_OPERATOR_KEY: "o".repeat(32) };
  expect(await ensureFirstKey({ keys, env, writeKeyFile: null })).toEqual({ status: "set" });
  expect(env).toEqual({});
  expect(keys.principalOf("o".repeat(32))).toMatchObject({ name: "operator", kind: "person" });
  const later = (key: string) => ensureFirstKey({ keys, env: { PHASEGATE_OPERATOR_KEY: key }, writeKeyFile: null });
  expect(await later("o".repeat(32))).toEqual({ status: "kept", ignored: false });
  expect(await later("p".repeat(32))).toEqual({ status: "kept", ignored: true });
  expect(keys.principalOf("p".repeat(32))).toBeNull();
});

test("a key that nobody would see is not made, so that a later start can set one", async () => {
  const { keys } = await ring();
  expect(await ensureFirstKey({ keys, env: {}, writeKeyFile: null, canShowKey: false })).toEqual({ status: "none" });
  expect(keys.list()).toEqual([]);
  const env = { PHASEGATE_OPERATOR_KEY: "o".repeat(32) };
  expect(await ensureFirstKey({ keys, env, writeKeyFile: null, canShowKey: false })).toEqual({ status: "set" });
});

test("an operator key of 31 characters stops the start and is gone from the environment", async () => {
  const { keys } = await ring();
  const env = { PHASEGATE_OPERATOR_KEY: "o".repeat(31) };
  await expect(ensureFirstKey({ keys, env, writeKeyFile: null })).rejects.toMatchObject({ code: "config_invalid" });
  expect(env).toEqual({});
  expect(keys.list()).toEqual([]);
});

test("--write-key writes the made key with mode 0600, and never over a file", async () => {
  const file = join(mkdtempSync(join(tmpdir(), "phasegate-key-")), "operator.key");
  const { keys } = await ring();
  const first = await ensureFirstKey({ keys, env: {}, writeKeyFile: file });
  expect(first).toMatchObject({ status: "made", file });
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(keys.principalOf(readFileSync(file, "utf8").trim())?.roles).toContain("operator");
  const other = await ring();
  await expect(ensureFirstKey({ keys: other.keys, env: {}, writeKeyFile: file })).rejects.toThrow(/is there already/);
  expect(other.keys.list()).toEqual([]);
});
