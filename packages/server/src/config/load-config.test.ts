import { mkdirSync, mkdtempSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PhasegateError, type Place } from "@phasegate/wire";
import { expect, test } from "vitest";
import { prepareDataDirectory, prepareWorkspaces } from "./data-directory.ts";
import { loadConfig, type LoadConfigOptions } from "./load-config.ts";

function folder(files: Record<string, string> = {}): string {
  const path = mkdtempSync(join(tmpdir(), "phasegate-config-"));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text);
  return path;
}

function load(files: Record<string, string>, rest: Partial<LoadConfigOptions> = {}) {
  return loadConfig({ cwd: folder(files), env: { HOME: "/home/x" }, ...rest });
}

function errorsOf(run: () => unknown): readonly Place[] {
  try {
    run();
  } catch (error) {
    if (error instanceof PhasegateError) return (error.extras.findings ?? []) as readonly Place[];
    throw error;
  }
  return [];
}

test("without a file every setting has its default, and the data directory is named after the project", () => {
  const cwd = folder();
  const { config, sources } = loadConfig({ cwd, env: { HOME: "/home/x", XDG_DATA_HOME: "/data" } });
  expect(config.server.host).toBe("127.0.0.1");
  expect(config.server.port).toBe(8000);
  expect(config.security.auth).toBe("keys");
  expect(config.storage.data_dir).toMatch(/^\/data\/phasegate\/phasegate-config-.+-[0-9a-f]{8}$/);
  expect(sources["server.port"]).toBe("default");
});

test("the command line goes above the environment, the environment above the file", () => {
  const files = { "phasegate.yaml": "server:\n  port: 1\n  host: localhost\ntasks:\n  lease_seconds: 60\n" };
  const { config, sources } = load(files, {
    env: { HOME: "/h", PHASEGATE_SERVER_PORT: "2", PHASEGATE_TASKS_LEASE_SECONDS: "70" },
    overrides: { "server.port": 3 },
  });
  expect([config.server.port, config.tasks.lease_seconds, config.server.host]).toEqual([3, 70, "localhost"]);
  expect(sources).toMatchObject({
    "server.port": "command line",
    "tasks.lease_seconds": "PHASEGATE_TASKS_LEASE_SECONDS",
    "server.host": "phasegate.yaml:3:3",
  });
});

test("all errors are told at once, each with place, range and nearest name", () => {
  const files = { "phasegate.yaml": "server:\n  prot: 1\n  port: 70000\nsecurty:\n  auth: keys\n" };
  const env = { HOME: "/h", PHASEGATE_SERVER_TIMEOUT_SECONDS: "soon", PHASEGATE_SERVER_PROT: "1" };
  expect(errorsOf(() => load(files, { env }))).toEqual([
    { place: "phasegate.yaml:2:3", message: "unknown key `server.prot`, did you mean `server.port`?" },
    {
      place: "phasegate.yaml:3:3",
      message: "`server.port` cannot be `70000`; allowed: a whole number, 0..65,535",
    },
    { place: "phasegate.yaml:5:3", message: "unknown section `securty`, did you mean `security`?" },
    {
      place: "PHASEGATE_SERVER_TIMEOUT_SECONDS",
      message: "`server.timeout_seconds` cannot be `soon`; allowed: a whole number, 1..3,600",
    },
    {
      place: "PHASEGATE_SERVER_PROT",
      message: "unknown variable `PHASEGATE_SERVER_PROT`, did you mean `PHASEGATE_SERVER_PORT`?; unset it",
    },
  ]);
});

test("open access is refused on any address but loopback", () => {
  const env = { HOME: "/h", PHASEGATE_SECURITY_AUTH: "open", PHASEGATE_SERVER_HOST: "0.0.0.0" };
  expect(errorsOf(() => load({}, { env }))).toEqual([
    {
      place: "PHASEGATE_SECURITY_AUTH",
      message: "`security.auth: open` works on loopback only, and `server.host` is `0.0.0.0`; use `keys`",
    },
  ]);
});

test("a file that is no map, not YAML, or names a key twice does not load", () => {
  expect(errorsOf(() => load({ "phasegate.yaml": "- a\n" }))).toEqual([
    { place: "phasegate.yaml:1:1", message: "the file must be a map of sections" },
  ]);
  expect(errorsOf(() => load({ "phasegate.yaml": "server:\n  port: 1\n  port: 2\n" }))[0]?.place).toBe(
    "phasegate.yaml:3:3",
  );
  expect(errorsOf(() => load({ "phasegate.yaml": "server: [\n" }))).toHaveLength(1);
});

test("the variables of clients and of the token secret are no unknown settings", () => {
  const env = {
    HOME: "/h",
    PHASEGATE_KEY: "k",
    PHASEGATE_OPERATOR_KEY: "o",
    PHASEGATE_URL: "u",
    PHASEGATE_JWT_SECRET: "s",
  };
  expect(load({}, { env }).config.server.port).toBe(8000);
});

test("an older orchestrator.yaml is read where no phasegate.yaml is, and its idle keys are named", () => {
  const older = [
    "server: { port: 9000, workers: 4 }",
    "state: { auto_save: true, checkpoint_interval: 60 }",
    "event: { max_history: 500, enable_event_persistence: true }",
    "audit: { max_entries: 10, auto_rotate: true, rotate_size_mb: 5 }",
    "logging: { level: WARNING }",
  ].join("\n");
  const { config, warnings } = load({ "orchestrator.yaml": older });
  expect([config.server.port, config.events.max_history, config.audit.rotate_size_mb, config.logging.level]).toEqual([
    9000,
    500,
    5,
    "warn",
  ]);
  expect(warnings.map((warning) => /`([^`]+)`/.exec(warning.message)?.[1])).toEqual([
    "server.workers",
    "state.auto_save",
    "state.checkpoint_interval",
    "event.enable_event_persistence",
    "audit.max_entries",
    "audit.auto_rotate",
  ]);
  expect(load({ "orchestrator.yaml": older, "phasegate.yaml": "" }).config.server.port).toBe(8000);
});

test("an older variable counts only where today's is not set", () => {
  const env = {
    HOME: "/h",
    ORCHESTRATOR_SERVER_PORT: "9001",
    ORCHESTRATOR_LOG_LEVEL: "DEBUG",
    ORCHESTRATOR_STATE_FILE: "s",
  };
  const { config, warnings } = load({}, { env });
  expect([config.server.port, config.logging.level]).toEqual([9001, "debug"]);
  expect(warnings).toEqual([
    { place: "ORCHESTRATOR_STATE_FILE", message: "no-effect: `ORCHESTRATOR_STATE_FILE` is not used" },
  ]);
  expect(load({}, { env: { ...env, PHASEGATE_SERVER_PORT: "1" } }).config.server.port).toBe(1);
});

test("a data directory inside a repository is refused, also below a folder that is not there yet", () => {
  const repository = folder();
  mkdirSync(join(repository, ".git"));
  expect(() => prepareDataDirectory(join(repository, "a", "b"))).toThrow(/lies inside the repository/);
});

test("the data directory gets mode 0700 whatever it had", () => {
  const path = join(folder(), "data");
  mkdirSync(path, { mode: 0o755 });
  prepareDataDirectory(path);
  expect(statSync(path).mode & 0o777).toBe(0o700);
});

test("a folder that cannot be made is refused at once", () => {
  expect(() => prepareDataDirectory("/proc/nowhere/at/all")).toThrow(
    /`\/proc\/nowhere\/at\/all` cannot be used: ENOENT/,
  );
  expect(() => prepareWorkspaces("/proc/nowhere/at/all")).toThrow(/cannot be used: ENOENT/);
});

test("rules of webhooks that need no secret are the configuration's own: a reload with a broken one is refused", () => {
  const webhooks = [
    { name: "a", url: "ftp://example.com" },
    { name: "a", url: "https://u:p@example.com", types: ["task.claimed", "task.clamed"] },
  ];
  const load = () => loadConfig({ cwd: folder(), env: { PHASEGATE_EVENTS_WEBHOOKS: JSON.stringify(webhooks) } });
  expect(errorsOf(load).map(({ place, message }) => `${place}: ${message}`)).toEqual([
    "PHASEGATE_EVENTS_WEBHOOKS: `events.webhooks[0]`: `url` must be an `http` or `https` address",
    "PHASEGATE_EVENTS_WEBHOOKS: `events.webhooks[1]`: unknown event type `task.clamed`; see docs/reference/events.md",
    "PHASEGATE_EVENTS_WEBHOOKS: `events.webhooks[1]`: `url` carries a password; sign with `secret_env_var` instead",
    "PHASEGATE_EVENTS_WEBHOOKS: `events.webhooks[1]`: another webhook is `a`; give one a `name`",
  ]);
});

test("a collector that is no address, and every wrong key of a webhook, are told with the other errors", () => {
  const webhook = "{ url: 'http://h', typs: [a], max_attempts: 0 }";
  const files = {
    "phasegate.yaml": `telemetry: { otlp_endpoint: "collector:4318" }\nevents: { webhooks: [${webhook}] }\n`,
  };
  const [wrongKeys, ...more] = errorsOf(() => load(files)).map(({ place, message }) => `${place}: ${message}`);
  expect(wrongKeys).toContain("(at `/0`: unknown key `typs`; at `/0/max_attempts`: must be >= 1)");
  expect(more).toEqual([
    "phasegate.yaml:1:14: `telemetry.otlp_endpoint` must be an `http` or `https` address, for instance `http://127.0.0.1:4318`",
  ]);
});
