import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { openMemoryLedger } from "@phasegate/ledger";
import { serverPrincipalId } from "@phasegate/wire";
import { pino } from "pino";
import { expect, test } from "vitest";
import { loadConfig } from "../config/load-config.ts";
import { Load } from "../http/load.ts";
import { createMetrics } from "../telemetry/metrics.ts";
import { ClockWatch } from "./clock-watch.ts";
import { refuseUnderPressure } from "./pressure.ts";
import { Readiness } from "./readiness.ts";

const directory = mkdtempSync(`${tmpdir()}/phasegate-health-`);

function parts(overrides: Record<string, unknown> = {}) {
  const settings = { "storage.data_dir": directory, "health.min_free_disk_mb": 0, ...overrides };
  const { config } = loadConfig({ cwd: directory, env: {}, overrides: settings });
  return { config, ledger: openMemoryLedger(), log: pino({ level: "silent" }), runner: runs() };
}

function runs(held = true) {
  const probe = { name: "git", attempt: "run git", held, detail: held ? "git version 2" : "spawn git ENOENT" };
  return { probe: async () => [probe] };
}

const room = { requireRoom: () => undefined };

async function requireReady(of: ConstructorParameters<typeof Readiness>[0], watch: ClockWatch): Promise<void> {
  const readiness = new Readiness(of, watch, room);
  await readiness.require().finally(() => readiness.close());
}

function clock() {
  const time = { wall: 0, steady: 0 };
  return {
    time,
    watch: new ClockWatch(
      () => time.wall,
      () => time.steady,
    ),
  };
}

test("a server with a ledger, disk and a sound clock is ready", async () => {
  await expect(requireReady(parts(), clock().watch)).resolves.toBeUndefined();
});

test("too little disk, or a place where no workspace can be made, is not ready", async () => {
  const full = requireReady(parts({ "health.min_free_disk_mb": 10_000_000 }), clock().watch);
  await expect(full).rejects.toMatchObject({ code: "not_ready", message: "the disk is nearly full" });
  const nowhere = requireReady(parts({ "runner.workspaces_dir": "/proc" }), clock().watch);
  await expect(nowhere).rejects.toMatchObject({ code: "not_ready", message: "workspaces cannot be made" });
});

test("where git or commands do not run it is not ready, and the details say which", async () => {
  const broken = { ...parts(), runner: runs(false) };
  await expect(requireReady(broken, clock().watch)).rejects.toMatchObject({
    code: "not_ready",
    message: "commands do not run",
  });
  const readiness = new Readiness(broken, clock().watch, room);
  const found = await readiness.examine();
  readiness.close();
  expect(found.filter(({ ok }) => !ok)).toEqual([
    { name: "runner", ok: false, detail: "commands do not run: git: spawn git ENOENT" },
  ]);
  expect(found.map(({ name }) => name)).toEqual(["load", "ledger", "clock", "disk", "workspaces", "runner"]);
});

test("a server that sends requests away is not ready, and says when to come back", async () => {
  const { config, ...others } = parts({
    "server.max_concurrent_requests": 1,
    "health.max_event_loop_delay_ms": 60_000,
  });
  const load = new Load({ config: () => config, metrics: createMetrics() });
  const readiness = new Readiness({ config, ...others }, clock().watch, load);
  await expect(readiness.require()).resolves.toBeUndefined();
  load.enter(serverPrincipalId);
  await expect(readiness.require()).rejects.toMatchObject({ code: "overloaded" });
  load.leave(serverPrincipalId);
  await expect(readiness.require()).resolves.toBeUndefined();
  readiness.close();
  load.close();
});

test("commands are tried once for everyone who asks within ten seconds", async () => {
  let tries = 0;
  const runner = { probe: async () => ((tries += 1), []) };
  const readiness = new Readiness({ ...parts(), runner }, clock().watch, room);
  await Promise.all([readiness.require(), readiness.examine(), readiness.require()]);
  readiness.close();
  expect(tries).toBe(1);
});

test.each([-3_600_000, 3_600_000])("a clock that jumped by %i ms is not ready for half a minute", async (byMs) => {
  const { time, watch } = clock();
  time.wall = byMs;
  await expect(requireReady(parts(), watch)).rejects.toMatchObject({ code: "not_ready", message: "the clock jumped" });
  time.wall += 31_000;
  time.steady += 31_000;
  await expect(requireReady(parts(), watch)).resolves.toBeUndefined();
});

test.each([
  ["is behind with its work", { eventLoopDelay: 101 }],
  ["is short of heap", { heapUsed: 33 * 1024 ** 2 }],
  ["is short of memory", { rssBytes: 65 * 1024 ** 2 }],
])("a server that %s sends requests away with Retry-After", (words, more) => {
  const calm = { eventLoopDelay: 100, heapUsed: 32 * 1024 ** 2, rssBytes: 64 * 1024 ** 2 };
  const bounds = { "health.max_event_loop_delay_ms": 100, "health.max_heap_used_mb": 32, "health.max_rss_mb": 64 };
  const { health } = parts(bounds).config;
  expect(() => refuseUnderPressure(calm, health)).not.toThrow();
  const expected = {
    code: "overloaded",
    message: `the server ${words}`,
    extras: expect.objectContaining({ retryAfterSeconds: 2 }) as unknown,
  };
  let thrown: unknown;
  try {
    refuseUnderPressure({ ...calm, ...more }, health);
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toMatchObject(expected);
});
