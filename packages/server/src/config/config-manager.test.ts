import { chmodSync, mkdtempSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Ledger, openMemoryLedger } from "@phasegate/ledger";
import { PhasegateError, type Place, type PrincipalId } from "@phasegate/wire";
import { expect, test } from "vitest";
import { SystemStream } from "../events/system-stream.ts";
import { createIds } from "../ids.ts";
import type { ConfigChange } from "./compare-configs.ts";
import { ConfigEvents } from "./config-events.ts";
import { ConfigManager } from "./config-manager.ts";
import { settings } from "./settings.ts";

const file = `# who asks for what
server:
  port: 9000 # the old one's
tasks:
  lease_seconds: 60 # short
`;

function folder(files: Record<string, string> = {}): string {
  const path = mkdtempSync(join(tmpdir(), "phasegate-manager-"));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text);
  return path;
}

function managed(text: string | null = file, env: Record<string, string> = {}) {
  const cwd = folder(text === null ? {} : { "phasegate.yaml": text });
  const manager = new ConfigManager({ cwd, env: { HOME: "/home/x", ...env } });
  const path = join(cwd, "phasegate.yaml");
  return { cwd, manager, path, read: () => readFileSync(path, "utf8") };
}

async function refusedWith(work: Promise<unknown>): Promise<readonly Place[]> {
  try {
    await work;
  } catch (error) {
    if (error instanceof PhasegateError) return error.extras.findings as readonly Place[];
    throw error;
  }
  return [];
}

function eventsOf(ledger: Ledger): ConfigEvents {
  const clock = { now: () => 0 };
  return new ConfigEvents({ ledger, system: new SystemStream({ ledger, clock }), ids: createIds(clock) });
}

const stateOf = (manager: ConfigManager, key: string) => {
  const state = manager.settings().find(({ setting }) => setting.path === key);
  return { value: state?.value, source: state?.source, pending: state?.pending };
};

test("a runtime key holds at once, a restart key from the next start, and both say so", async () => {
  const { manager } = managed();
  expect(await manager.update("tasks", "lease_seconds", 90)).toEqual({
    key: "tasks.lease_seconds",
    old: 60,
    new: 90,
    source: "set by prn_server",
    effect: "runtime",
  });
  expect(await manager.update("server", "port", 9001)).toMatchObject({ old: 9000, new: 9001, effect: "restart" });
  expect([manager.get("tasks").lease_seconds, manager.get().server.port]).toEqual([90, 9000]);
  expect(stateOf(manager, "server.port")).toEqual({ value: 9000, source: "phasegate.yaml:3:3", pending: 9001 });
  expect(stateOf(manager, "tasks.lease_seconds").source).toBe("set by prn_server");
  expect(await manager.update("tasks", "lease_seconds", 90)).toBeNull();
});

/** Another value than the default, of those that the setting may have. */
function another({ schema, default: value }: (typeof settings)[number]): unknown {
  const { anyOf, enum: values } = schema as { anyOf?: { type: string }[]; enum?: unknown[] };
  if (values) return values.find((one) => one !== value);
  if (anyOf) return anyOf.some(({ type }) => type === "integer") ? 999 : "http://another";
  if (typeof value === "boolean") return !value;
  if (typeof value === "number") return value + 1;
  return Array.isArray(value) ? [{ url: "http://127.0.0.1:1/" }] : "http://another";
}

const changeable = settings.filter(({ section }) => !["security", "runner", "storage"].includes(section));

test.each(changeable.map((setting) => [setting.path, setting.effect, setting] as const))(
  "a change of %s counts as the reference says: %s",
  async (path, effect, setting) => {
    const { manager } = managed(null);
    const value = another(setting);
    const change = await manager.update(setting.section as "tasks", setting.key as "lease_seconds", value as number);
    expect(change).toMatchObject({ key: path, effect });
    const config = manager.get() as unknown as Record<string, Record<string, unknown>>;
    const holds = effect === "runtime" ? value : setting.default;
    expect(config[setting.section]?.[setting.key]).toEqual(holds);
    expect(stateOf(manager, path).pending === undefined || stateOf(manager, path).pending === null).toBe(
      effect === "runtime",
    );
  },
);

test("an update that is wrong anywhere changes nothing, and names every key with its range", async () => {
  const { manager } = managed(file, { PHASEGATE_LOGGING_LEVEL: "warn" });
  const found = await refusedWith(
    manager.change({
      "tasks.lease_seconds": 90,
      "server.port": 70_000,
      "tasks.leese_seconds": 1,
      "logging.level": "debug",
      "security.auth": "open",
      "runner.sandbox": "off",
      "storage.url": "memory:",
      "telemetry.otlp_endpoint": "http://user:pass@host",
    }),
  );
  expect(found.map(({ message }) => message)).toEqual([
    "`logging.level` is set by `PHASEGATE_LOGGING_LEVEL`, which goes above: take it away there first",
    "`security.auth` never changes at run time: edit the file, then start the server again",
    "`runner.sandbox` never changes at run time: edit the file, then start the server again",
    "`storage.url` never changes at run time: edit the file, then start the server again",
    "`telemetry.otlp_endpoint` with a secret is not kept: set `PHASEGATE_TELEMETRY_OTLP_ENDPOINT`",
    "`server.port` cannot be `70000`; allowed: a whole number, 0..65,535",
    "unknown key `tasks.leese_seconds`, did you mean `tasks.lease_seconds`?",
  ]);
  expect(manager.get("tasks").lease_seconds).toBe(60);
});

test("what get answers cannot be changed through it", () => {
  const { manager } = managed();
  expect(() => Object.assign(manager.get("tasks"), { lease_seconds: 1 })).toThrow(TypeError);
});

test("validate names every error of the file as it is now, and changes nothing", () => {
  const { manager, path } = managed();
  expect(manager.validate()).toEqual({ valid: true, errors: [], warnings: [] });
  writeFileSync(path, "server:\n  port: 70000\n  prot: 1\n");
  expect(manager.validate()).toEqual({
    valid: false,
    errors: [
      {
        place: "phasegate.yaml:2:3",
        message: "`server.port` cannot be `70000`; allowed: a whole number, 0..65,535",
      },
      { place: "phasegate.yaml:3:3", message: "unknown key `server.prot`, did you mean `server.port`?" },
    ],
    warnings: [],
  });
  expect(manager.get("server").port).toBe(9000);
});

test("a file that became wrong changes nothing on reload; one that is right again does", async () => {
  const { manager, path } = managed();
  writeFileSync(path, "tasks: { lease_seconds: 120, ad_hoc_claims: perhaps }\n");
  expect(await refusedWith(manager.reload())).toEqual([
    {
      place: "phasegate.yaml:1:30",
      message: "`tasks.ad_hoc_claims` cannot be `perhaps`; allowed: `true` or `false`",
    },
  ]);
  expect(manager.get("tasks")).toMatchObject({ ad_hoc_claims: false, lease_seconds: 60 });
  writeFileSync(path, "tasks: { lease_seconds: 120 }\nsecurity: { token_expiry_seconds: 20 }\n");
  const { changes } = await manager.reload();
  expect(changes.map(({ key, effect }) => `${key} ${effect}`)).toEqual([
    "server.port restart",
    "security.token_expiry_seconds restart",
    "tasks.lease_seconds runtime",
  ]);
  expect([manager.get("tasks").lease_seconds, manager.get("security").token_expiry_seconds]).toEqual([120, 3_600]);
  expect((await manager.reload()).changes).toEqual([]);
});

test("an update does not let in what someone wrote into the file meanwhile", async () => {
  const { manager, path } = managed();
  writeFileSync(path, "tasks: { lease_seconds: 1 }\n");
  await manager.update("tasks", "ad_hoc_claims", true);
  expect(manager.get("tasks")).toMatchObject({ ad_hoc_claims: true, lease_seconds: 60 });
});

test("no call makes a security or runner key change while the server runs", async () => {
  const { manager, path } = managed();
  const before = structuredClone([manager.get("security"), manager.get("runner"), manager.get("storage")]);
  const locked = settings.filter(({ section }) => ["security", "runner", "storage"].includes(section));
  expect(locked.filter(({ effect }) => effect !== "restart")).toEqual([]);
  writeFileSync(path, "security: { auth: open, require_token_rotation: false }\nrunner: { sandbox: 'off' }\n");
  await manager.reload();
  for (const { path: key, default: value } of locked) {
    const message = `\`${key}\` never changes at run time: edit the file, then start the server again`;
    await expect(manager.change({ [key]: value })).rejects.toMatchObject({ extras: { findings: [{ message }] } });
  }
  expect([manager.get("security"), manager.get("runner"), manager.get("storage")]).toEqual(before);
});

test("save keeps comments, order, mode and links, and leaves no other file behind", async () => {
  const { cwd, manager, path, read } = managed();
  chmodSync(path, 0o640);
  await manager.change({ "tasks.lease_seconds": 90, "logging.level": "debug", "retry.exponential_base": 1.5 });
  expect(await manager.save()).toEqual({ path, leftOut: [] });
  expect(read()).toBe(`# who asks for what
server:
  port: 9000 # the old one's
tasks:
  lease_seconds: 90 # short
logging:
  level: debug
retry:
  exponential_base: 1.5
`);
  expect(statSync(path).mode & 0o777).toBe(0o640);
  expect(readdirSync(cwd)).toEqual(["phasegate.yaml"]);
  expect(stateOf(manager, "logging.level")).toMatchObject({ value: "debug", source: "phasegate.yaml:7:3" });

  const linked = folder();
  symlinkSync(path, join(linked, "phasegate.yaml"));
  const other = new ConfigManager({ cwd: linked, env: { HOME: "/h" } });
  await other.update("tasks", "lease_seconds", 30);
  await other.save();
  expect(read()).toContain("lease_seconds: 30");
});

test("save makes a file where none was, and writes nothing that only the environment says", async () => {
  const { manager, read } = managed(null, { PHASEGATE_STORAGE_URL: "postgres://u:s3cret@db/x" });
  await manager.update("tasks", "lease_seconds", 90);
  await manager.save();
  expect(read()).toBe("tasks:\n  lease_seconds: 90\n");
  expect(JSON.stringify(manager.settings())).not.toContain("s3cret");
});

test("save never overwrites what someone else wrote since", async () => {
  const { manager, path, read } = managed();
  await manager.update("tasks", "lease_seconds", 90);
  writeFileSync(path, "tasks: { lease_seconds: 7 }\n");
  await expect(manager.save()).rejects.toMatchObject({ code: "version_conflict" });
  expect(read()).toBe("tasks: { lease_seconds: 7 }\n");
});

test("a secret that the file holds is not copied to another file", async () => {
  const { cwd, manager } = managed(
    'storage:\n  url: "postgres://u:s3cret@db/x" # here\ntasks: { lease_seconds: 60 }\n',
  );
  const copy = join(cwd, "copy.yaml");
  expect(await manager.save("copy.yaml")).toEqual({ path: copy, leftOut: ["storage.url"] });
  expect(readFileSync(copy, "utf8")).toBe("storage: {}\ntasks: { lease_seconds: 60 }\n");
});

test("the settings of an older file are saved into a new phasegate.yaml; the older one stays", async () => {
  const cwd = folder({ "orchestrator.yaml": "logging: { level: WARNING }\nevent: { max_history: 50 }\n" });
  const manager = new ConfigManager({ cwd, env: { HOME: "/h" } });
  await manager.update("tasks", "lease_seconds", 90);
  await manager.save();
  expect(readFileSync(join(cwd, "phasegate.yaml"), "utf8")).toBe(
    "logging:\n  level: warn\nevents:\n  max_history: 50\ntasks:\n  lease_seconds: 90\n",
  );
  expect(readFileSync(join(cwd, "orchestrator.yaml"), "utf8")).toContain("WARNING");
  expect(stateOf(manager, "logging.level").source).toBe("phasegate.yaml:2:3");
});

test("changes are events: who, key, old, new; a refused reload is one too; secrets are in none", async () => {
  const { manager, path } = managed(null);
  const ledger = openMemoryLedger();
  manager.recordTo(eventsOf(ledger), () => undefined);
  await manager.update("tasks", "lease_seconds", 90, "prn_ada" as PrincipalId);
  writeFileSync(path, "storage: { url: 'postgres://u:s3cret@db/x' }\n");
  await manager.reload();
  writeFileSync(
    path,
    "telemetry: { otlp_endpoint: 'http://u:s3cret@h', metrics: 3 }\nserver: { port: 'http://u:s3cret@h' }",
  );
  await refusedWith(manager.reload());
  const events = await ledger.readStream("system");
  expect(events.map(({ type, principal, data }) => [type, principal, data])).toMatchObject([
    ["config.changed", "prn_ada", { key: "tasks.lease_seconds", old: 300, new: 90, effect: "runtime" }],
    ["config.changed", "prn_server", { key: "storage.url", old: null, new: "postgres://u:***@db/x" }],
    ["config.changed", "prn_server", { key: "tasks.lease_seconds", old: 90, new: 300 }],
    ["config.rejected", "prn_server", { errors: [{ place: "phasegate.yaml:1:50" }, { place: "phasegate.yaml:2:11" }] }],
  ]);
  expect(JSON.stringify(events)).not.toContain("s3cret");
});

test("of a receiver's address only scheme and host are shown, and that it is another", () => {
  const at = (url: string) => {
    const webhooks = JSON.stringify([{ name: "chat", url, secret_env_var: "CHAT_SECRET" }]);
    return stateOf(managed(null, { PHASEGATE_EVENTS_WEBHOOKS: webhooks, CHAT_SECRET: "x" }).manager, "events.webhooks");
  };
  const one = at("https://hooks.example.com/T00/S3CRET").value;
  expect(one).toEqual([{ name: "chat", url: "https://hooks.example.com/***1ace69e9", secret_env_var: "CHAT_SECRET" }]);
  expect(at("https://hooks.example.com/T00/OTHER").value).not.toEqual(one);
  expect(at("https://hooks.example.com").value).toMatchObject([{ url: "https://hooks.example.com" }]);
});

test("what changed between two starts is recorded, and what is recorded already is not", async () => {
  const { cwd, manager, path } = managed();
  const ledger = openMemoryLedger();
  const start = () => {
    const started = new ConfigManager({ cwd, env: { HOME: "/h" }, overrides: { "storage.data_dir": "/data" } });
    return eventsOf(ledger).started(started.settings());
  };
  const recorded = async (after: number) =>
    (await ledger.readStream("system", { afterVersion: after })).map(({ data }) => data);
  await start();
  expect(await recorded(0)).toMatchObject([
    { key: "server.port", old: 8_000, new: 9_000, source: "phasegate.yaml:3:3" },
    { key: "storage.data_dir", old: null, new: "/data", source: "command line" },
    { key: "tasks.lease_seconds", old: 300, new: 60 },
  ]);
  await start();
  expect(await recorded(3)).toEqual([]);
  manager.recordTo(eventsOf(ledger), () => undefined);
  await manager.update("tasks", "ad_hoc_claims", true);
  writeFileSync(path, "server: { port: 9000 }\n");
  await start();
  expect(await recorded(4)).toMatchObject([
    { key: "tasks.ad_hoc_claims", old: true, new: false, source: "default" },
    { key: "tasks.lease_seconds", old: 60, new: 300, source: "default" },
  ]);
});

test("a value that is recorded with its keys in another order is the same", async () => {
  const ledger = openMemoryLedger();
  const start = (webhook: string) => {
    const { manager } = managed(`events: { webhooks: [{ ${webhook} }] }\n`, { PHASEGATE_STORAGE_DATA_DIR: "/data" });
    return eventsOf(ledger).started(manager.settings());
  };
  await start("name: chat, url: http://127.0.0.1:1, types: [gate.blocked]");
  const before = (await ledger.readStream("system")).length;
  await start("types: [gate.blocked], url: http://127.0.0.1:1, name: chat");
  expect(await ledger.readStream("system")).toHaveLength(before);
});

test("a change that cannot be recorded does not hold", async () => {
  const { manager } = managed();
  const failing = async () => Promise.reject(new PhasegateError("ledger_unavailable", "the disk is full"));
  manager.recordTo({ changed: failing, rejected: failing }, () => undefined);
  await expect(manager.update("tasks", "lease_seconds", 90)).rejects.toMatchObject({ code: "ledger_unavailable" });
  expect(manager.get("tasks").lease_seconds).toBe(60);
});

test("ten users change, save, reload and read one configuration at once, and every change is one step", async () => {
  const { manager, read } = managed();
  const changes: ConfigChange[] = [];
  manager.subscribe((some) => changes.push(...some));
  manager.subscribe(() => {
    throw new Error("a subscriber that fails");
  });
  const users = Array.from({ length: 10 }, async (_, user) => {
    for (let turn = 0; turn < 5; turn += 1) {
      await manager.update("tasks", "lease_seconds", 100 + user * 10 + turn);
      await manager.save();
      if (turn === 2) await manager.reload();
      expect(manager.validate().valid).toBe(true);
      expect(manager.get("tasks").lease_seconds).toBeGreaterThanOrEqual(100);
    }
  });
  await Promise.all(users);
  const leases = changes.filter(({ key }) => key === "tasks.lease_seconds");
  expect(leases.slice(1).map(({ old }) => old)).toEqual(leases.slice(0, -1).map(({ new: value }) => value));
  expect(leases[0]?.old).toBe(60);
  await manager.save();
  expect(read()).toContain(`lease_seconds: ${manager.get("tasks").lease_seconds}`);
});
