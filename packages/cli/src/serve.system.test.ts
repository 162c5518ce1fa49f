import { writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import type { HealthDetailsAnswer } from "@phasegate/wire";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { folderWith, phasegate } from "./cli-under-test.ts";
import { operatorKey, repositoryWith, serve, type ServeUnderTest } from "./serve-under-test.ts";

describe("commands of a server that runs:", () => {
  const cwd = repositoryWith({ "phasegate.yaml": "health: { min_free_disk_mb: 0 }\n" });
  let server: ServeUnderTest;
  beforeAll(async () => {
    server = await serve(cwd);
  });
  afterAll(() => server[Symbol.asyncDispose]());

  test("an operator adds a key and tasks, and sees them", async () => {
    const env = { PHASEGATE_URL: server.url, PHASEGATE_KEY: operatorKey };
    const run = (...args: string[]) => phasegate(args, { cwd, env });
    const json = async (...args: string[]) => JSON.parse((await run(...args, "--json")).out) as Record<string, string>;

    const key = await json("key", "add", "--name", "agent-1", "--kind", "agent", "--role", "agent");
    expect(key).toMatchObject({ name: "agent-1", kind: "agent", roles: ["agent"], key: expect.any(String) });
    const keyId = key["id"] ?? "";
    const firstId = (await json("task", "add", "first", "--priority", "9", "--label", "a"))["id"] ?? "";
    await run("task", "add", "second \u001b[2Kline", "--depends-on", firstId);

    const list = await run("task", "list");
    expect(list.code).toBe(0);
    expect(list.out.split("\n").map((line) => line.split("\t").slice(1).join(" "))).toEqual([
      "status phase priority agent title",
      expect.stringMatching(/^(ready PLAN 9 - first|waiting PLAN 0 - second \\x1b\[2Kline)$/),
      expect.stringMatching(/^(ready PLAN 9 - first|waiting PLAN 0 - second \\x1b\[2Kline)$/),
      "",
    ]);
    expect((await run("task", "show", firstId)).out).toContain("status       ready");
    expect((await run("explain", "task", firstId)).out).toContain("PLAN");
    expect(await json("task", "cancel", firstId, "--reason", "not wanted")).toMatchObject({ status: "cancelled" });
    expect((await json("audit", "stats"))["total_entries"]).toBe(0);
    expect((await run("events", "--type", "task.created")).out).toContain("PLAN, first");
    expect(await json("key", "revoke", keyId)).toMatchObject({ id: keyId, revoked_at: expect.any(String) });
    expect((await run("key", "list")).out).toMatch(/agent-1\tagent\tagent\t.*\trevoked/);
  });

  test("health says to operators what the server checks of itself, and to nobody else", async () => {
    const env = { PHASEGATE_URL: server.url, PHASEGATE_KEY: operatorKey };
    const ready = await phasegate(["health"], { cwd, env });
    expect([ready.code, ready.out]).toEqual([
      0,
      expect.stringMatching(/ok +runner: git: git version .*ready; assurance/s),
    ]);
    const key = JSON.parse(
      (await phasegate(["key", "add", "--name", "a", "--kind", "agent", "--role", "agent", "--json"], { cwd, env }))
        .out,
    ) as { key: string };
    const agent = await phasegate(["health"], { cwd, env: { ...env, PHASEGATE_KEY: key.key } });
    expect([agent.code, agent.error]).toEqual([1, expect.stringContaining("forbidden")]);

    writeFileSync(join(cwd, "phasegate.yaml"), "health: { min_free_disk_mb: 10000000 }\n");
    await phasegate(["config", "reload"], { cwd, env });
    const full = await phasegate(["health", "--json"], { cwd, env });
    const details = JSON.parse(full.out) as HealthDetailsAnswer;
    expect([full.code, details.status]).toEqual([1, "not_ready"]);
    expect(details.checks.filter(({ ok }) => !ok)).toEqual([
      {
        name: "disk",
        ok: false,
        detail: expect.stringMatching(/^the disk is nearly full: \d+ MB are free for /) as string,
      },
    ]);
    expect(details.limits).toMatchObject({ "server.max_concurrent_requests": 512, "health.max_rss_mb": null });
    expect(details.guarantees).toMatchObject([{ name: "commands_run", held: false }]);
    expect(details.evidence_runs).toEqual({ busy: 0, waiting: 0, limit: 4 });

    writeFileSync(join(cwd, "phasegate.yaml"), "health: { min_free_disk_mb: 0 }\n");
    expect(await phasegate(["config", "reload"], { cwd, env })).toMatchObject({ code: 0 });
  });

  test("a refusal names its code and ends with 1", async () => {
    const env = { PHASEGATE_URL: server.url };
    const unknown = await phasegate(["task", "show", "task_none"], {
      cwd,
      env: { ...env, PHASEGATE_KEY: operatorKey },
    });
    expect([unknown.code, unknown.error]).toEqual([1, expect.stringContaining("(unknown_task)")]);
    const wrong = await phasegate(["task", "list"], { cwd, env: { ...env, PHASEGATE_KEY: "no such key" } });
    expect([wrong.code, wrong.error]).toEqual([1, expect.stringContaining("(unauthenticated)")]);
    const none = await phasegate(["task", "list"], { cwd, env });
    expect([none.code, none.error]).toEqual([1, expect.stringContaining("set PHASEGATE_KEY")]);
  });
});

test("open access is announced, and SIGINT ends the server cleanly", async () => {
  await using server = await serve(repositoryWith(), ["--auth", "open"]);
  expect(server.lines[0]).toContain("auth open");
  expect(await server.end("SIGINT")).toBe(0);
});

test("without a terminal no key is made that nobody could see, the start says how to set one, and SIGTERM ends it", async () => {
  const cwd = repositoryWith();
  const dataDir = ["--data-dir", folderWith({})];
  await using first = await serve(cwd, dataDir, {});
  expect(await first.end("SIGTERM")).toBe(0);
  expect(first.errors.join()).toContain("PHASEGATE_OPERATOR_KEY (32 characters or more), or with --write-key");
  await using second = await serve(cwd, dataDir);
  const env = { PHASEGATE_URL: second.url, PHASEGATE_KEY: operatorKey };
  expect((await phasegate(["key", "list"], { cwd, env })).out).toContain("operator\tperson");
});

const startFailures: readonly (readonly [
  string,
  () => { cwd: string; args?: string[]; env?: Record<string, string> },
  string,
])[] = [
  ["no workflow file", () => ({ cwd: folderWith({}) }), "cannot read the workflow file"],
  [
    "a workflow outside any repository",
    () => ({ cwd: folderWith({ "agent_workflow.yaml": "name: x\nphases:\n  - { id: A, tools: [read] }\n" }) }),
    "repository",
  ],
  [
    "an invalid workflow",
    () => ({
      cwd: repositoryWith({ "agent_workflow.yaml": "name: x\nphases:\n  - { id: A, tols: [read], rite: [] }\n" }),
    }),
    "    |              ^^^^",
  ],
  [
    "an invalid configuration",
    () => ({ cwd: repositoryWith({ "phasegate.yaml": "server:\n  prot: 1\n" }) }),
    "phasegate.yaml:2:3: unknown key `server.prot`",
  ],
  [
    "a data directory inside the repository",
    () => {
      const cwd = repositoryWith();
      return { cwd, args: ["--data-dir", join(cwd, "data")] };
    },
    "lies inside the repository",
  ],
  [
    "a data directory that is a file",
    () => ({ cwd: repositoryWith(), args: ["--data-dir", join(folderWith({ data: "" }), "data")] }),
    "data",
  ],
  [
    "a damaged ledger",
    () => ({ cwd: repositoryWith(), args: ["--data-dir", folderWith({ "ledger.sqlite": "garbage garbage" })] }),
    "ledger.sqlite",
  ],
  ["no git", () => ({ cwd: repositoryWith(), env: { PATH: folderWith({}) } }), "git"],
  ["a short operator key", () => ({ cwd: repositoryWith(), env: { PHASEGATE_OPERATOR_KEY: "short" } }), "32"],
];

test.each(startFailures)("%s stops the start with a message and exit code 1", async (_, make, message) => {
  const { cwd, args = [], env = {} } = make();
  const dataDir = args.includes("--data-dir") ? [] : ["--data-dir", folderWith({})];
  const ran = await phasegate(["serve", "--port", "0", ...dataDir, ...args], {
    cwd,
    env: { PHASEGATE_OPERATOR_KEY: operatorKey, PHASEGATE_RUNNER_SANDBOX: "off", ...env },
  });
  expect(ran.code).toBe(1);
  expect(ran.error).toContain(message);
  expect(ran.error).toContain("phasegate: not started: ");
  expect(ran.error).not.toMatch(/^\s+at /m);
});

test("a taken port stops the start with what to do", async () => {
  const taken = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => taken.once("listening", resolve));
  const { port } = taken.address() as { port: number };
  const ran = await phasegate(["serve", "--port", String(port), "--data-dir", folderWith({})], {
    cwd: repositoryWith(),
    env: { PHASEGATE_OPERATOR_KEY: operatorKey, PHASEGATE_RUNNER_SANDBOX: "off" },
  });
  taken.close();
  expect(ran.code).toBe(1);
  expect(ran.error).toContain(String(port));
  expect(ran.error).toContain("hint:");
});

test("--write-key puts a made key into a new file and nowhere else", async () => {
  const cwd = repositoryWith();
  const folder = folderWith({ there: "" });
  const ran = await phasegate(
    ["serve", "--port", "0", "--data-dir", folderWith({}), "--write-key", join(folder, "there")],
    {
      cwd,
      env: { PHASEGATE_RUNNER_SANDBOX: "off" },
    },
  );
  expect(ran.code).toBe(1);
  expect(ran.error).toContain("is there already");
});
