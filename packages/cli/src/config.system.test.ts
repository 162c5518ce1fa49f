import { once } from "node:events";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { folderWith, phasegate } from "./cli-under-test.ts";
import { operatorKey, repositoryWith, serve } from "./serve-under-test.ts";

test("settings are set in the file and read again by the running server; a wrong file changes nothing", async () => {
  const cwd = repositoryWith({ "phasegate.yaml": "tasks:\n  lease_seconds: 60 # short\n" });
  const file = join(cwd, "phasegate.yaml");
  await using server = await serve(cwd);
  const env = { PHASEGATE_URL: server.url, PHASEGATE_KEY: operatorKey };
  const set = await phasegate(["config", "set", "tasks.lease_seconds", "90"], { cwd });
  expect(set.out).toContain("it holds from `phasegate config reload`");
  expect(readFileSync(file, "utf8")).toBe("tasks:\n  lease_seconds: 90 # short\n");
  const reloaded = await phasegate(["config", "reload"], { cwd, env });
  expect(reloaded.out).toBe("tasks.lease_seconds: 60 -> 90 (runtime)\n");

  const live = await phasegate(["config", "set", "server.body_limit_bytes", "2048", "--server", server.url], {
    cwd,
    env,
  });
  expect(live.out).toContain("(restart)\nwaiting for a restart: server.body_limit_bytes");
  const shown = await phasegate(["config", "show", "--server", server.url], { cwd, env });
  expect(shown).toMatchObject({ code: 0, out: expect.stringContaining("tasks.lease_seconds\t90\n") });
  expect(shown.out).toContain("waiting for a restart: server.body_limit_bytes: 2048\n");
  const locked = await phasegate(["config", "set", "security.auth", "open", "--server", server.url], { cwd, env });
  expect([locked.code, locked.error]).toEqual([1, expect.stringContaining("never changes at run time")]);

  writeFileSync(file, "tasks: { lease_seconds: 1 }\nlogging: { level: loud }\n");
  const wrong = await phasegate(["config", "reload"], { cwd, env });
  expect([wrong.code, wrong.error]).toEqual([1, expect.stringContaining("`tasks.lease_seconds` cannot be `1`")]);
  expect(server.errors.join("\n")).toContain("config_invalid");
  const events = await phasegate(["events", "--type", "config.rejected", "--json"], { cwd, env });
  expect(events.out).toContain("`tasks.lease_seconds` cannot be `1`");
});

test("SIGHUP reads the file again; a wrong one changes nothing, is logged and recorded, and ends nothing", async () => {
  const cwd = repositoryWith({ "phasegate.yaml": "tasks: { lease_seconds: 60 }\n" });
  const file = join(cwd, "phasegate.yaml");
  await using server = await serve(cwd);
  const get = async (path: string) => {
    const answer = await fetch(`${server.url}/api/v1${path}`, { headers: { Authorization: `Bearer ${operatorKey}` } });
    return (await answer.json()) as Record<string, unknown>;
  };
  const recorded = async (type: string) => (await get(`/events?type=${type}`))["events"] as { data: object }[];
  const settingsNow = async () => {
    const { settings, restart_needed } = await get("/config");
    const values = new Map((settings as { key: string; value: unknown }[]).map(({ key, value }) => [key, value]));
    return [values.get("tasks.lease_seconds"), values.get("server.body_limit_bytes"), restart_needed];
  };
  const before = (await recorded("config.changed")).length;

  writeFileSync(file, "tasks: { lease_seconds: 90 }\nserver: { body_limit_bytes: 2048 }\n");
  server.hangUp();
  await expect.poll(async () => (await recorded("config.changed")).length).toBe(before + 2);
  expect(await settingsNow()).toEqual([90, 10_485_760, ["server.body_limit_bytes"]]);

  writeFileSync(file, "tasks: { lease_seconds: 120 }\nserver: { body_limit_bytes: 1 }\n");
  server.hangUp();
  await expect.poll(() => recorded("config.rejected")).toHaveLength(1);
  const [rejected] = await recorded("config.rejected");
  expect(rejected?.data).toMatchObject({
    errors: [{ place: "phasegate.yaml:2:11", message: expect.stringContaining("cannot be `1`") as string }],
  });
  await expect.poll(() => server.errors.join("\n")).toContain("config_invalid");
  expect(await settingsNow()).toEqual([90, 10_485_760, ["server.body_limit_bytes"]]);

  writeFileSync(file, "tasks: { lease_seconds: 30 }\n");
  server.hangUp();
  await expect.poll(settingsNow).toEqual([30, 10_485_760, []]);
  expect(await server.end("SIGTERM")).toBe(0);
});

test("validate names at once everything that would stop the start", async () => {
  const cwd = repositoryWith({
    "agent_workflow.yaml": "name: x\nphases:\n  - { id: A, tols: [read] }\n",
    "phasegate.yaml": [
      "storage: { data_dir: data }",
      "runner: { workspaces_dir: /proc/nowhere }",
      "logging: { file: /proc/nowhere/log }",
      "audit: { export_file: /proc/nowhere/audit.jsonl }",
      "events: { webhooks: [{ url: 'https://example.com', secret_env_var: ABSENT }] }",
    ].join("\n"),
  });
  const env = { PATH: folderWith({}), PHASEGATE_OPERATOR_KEY: "short", PHASEGATE_JWT_SECRET: "short" };
  const ran = await phasegate(["config", "validate", "--json"], { cwd, env });
  const { valid, errors } = JSON.parse(ran.out) as { valid: boolean; errors: { place: string; message: string }[] };
  expect([ran.code, valid]).toEqual([1, false]);
  expect(errors.map(({ place }) => place)).toEqual([
    "storage.data_dir",
    "runner.workspaces_dir",
    "logging.file",
    "audit.export_file",
    "security.jwt_secret_env_var",
    "PHASEGATE_OPERATOR_KEY",
    "events.webhooks[0]",
    "agent_workflow.yaml:3:14",
    "runner.sandbox",
  ]);
  expect(errors.at(-1)?.message).toContain("git");

  const unsigned = await phasegate(["config", "validate"], {
    cwd: repositoryWith(),
    env: { PHASEGATE_EVENTS_WEBHOOKS: '[{ "url": "ftp://example.com" }]' },
  });
  expect([unsigned.code, unsigned.out]).toEqual([1, expect.stringContaining("must be an `http` or `https` address")]);
  const right = await phasegate(["config", "validate"], {
    cwd: repositoryWith(),
    env: { XDG_DATA_HOME: folderWith({}) },
  });
  expect([right.code, right.out]).toEqual([
    0,
    [
      "the configuration is valid",
      "  checked: settings, back end, data directory, version of the ledger, workspaces, log file, " +
        "folder of the audit export, secret of tokens, operator key, webhooks, workflow files, git, required sandbox, bases of workflows, address\n",
    ].join("\n"),
  ]);
});

test("validate names a base that is not there, a ledger that is none, and a port that is taken", async () => {
  const phases = "phases:\n  - { id: A, tools: [read] }\n";
  const cwd = repositoryWith({ "agent_workflow.yaml": `name: x\nworkspace: { base: nowhere }\n${phases}` });
  const data = folderWith({ "ledger.sqlite": "no database ".repeat(100) });
  chmodSync(data, 0o700);
  const env = { PHASEGATE_STORAGE_DATA_DIR: data };
  const wrong = await phasegate(["config", "validate", "--json"], { cwd, env });
  const { errors } = JSON.parse(wrong.out) as { errors: { place: string; message: string }[] };
  expect(errors).toEqual([
    { place: "storage.data_dir", message: expect.stringContaining("is no SQLite database") as string },
    { place: "runner.sandbox", message: expect.stringContaining("`nowhere`") as string },
  ]);

  const taken = createServer().listen(0, "127.0.0.1");
  await once(taken, "listening");
  const { port } = taken.address() as AddressInfo;
  const warned = await phasegate(["config", "validate"], {
    cwd: repositoryWith(),
    env: { XDG_DATA_HOME: folderWith({}), PHASEGATE_SERVER_PORT: String(port) },
  });
  taken.close();
  expect([warned.code, warned.error]).toEqual([
    0,
    `server.port: warning: port ${port} of \`127.0.0.1\` is taken by another program\n`,
  ]);
});
