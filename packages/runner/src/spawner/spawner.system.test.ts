import { execFileSync, spawn } from "node:child_process";
import { on, once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, readdirSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { randomInt } from "node:crypto";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { processesWith } from "../sandbox/sandboxes.fixture.ts";
import type { FromSpawner } from "./messages.ts";
import { Spawner, type DescriptorKind, type SpawnerOptions } from "./spawner.ts";

const environment = { PATH: "/usr/bin:/bin" };
/** A number of seconds that no other process sleeps, by which a test finds its own. */
const oddSeconds = (): string => `97${String(randomInt(1e8, 1e9))}`;

let root: string;
let spawner: Spawner;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "phasegate-spawner-"));
});
beforeEach(async () => {
  spawner = await Spawner.open({ pipesDirectory: join(root, "pipes") });
  return () => spawner.close();
});
afterAll(() => rmSync(root, { recursive: true }));

function sh<const Kinds extends readonly DescriptorKind[]>(script: string, descriptors: Kinds) {
  return spawner.start({ argv: ["sh", "-c", script], cwd: "/", environment, descriptors });
}

async function said(script: string): Promise<string> {
  const started = await sh(script, ["nothing", "write", "nothing"]);
  return await text(started.streams[1]);
}

test("bytes go in and out through as many descriptors as asked for, and no other is open", async () => {
  const script = "cat; ls /proc/self/fd >&4; echo third >&3; echo again > /dev/stderr; exit 7";
  const started = await sh(script, ["read", "write", "write", "write", "write"]);
  const [input, output, errors, third, open] = started.streams;
  const bytes = Buffer.from(Array.from({ length: 3_000_000 }, (_, index) => index % 256));
  input.end(bytes);
  const [printed, ...others] = await Promise.all([output.toArray(), text(errors), text(third), text(open)]);
  expect(Buffer.concat(printed as Buffer[]).equals(bytes)).toBe(true);
  // The last one is that of `ls` itself.
  expect(others.slice(0, 2)).toEqual(["again\n", "third\n"]);
  const extra = (others[2] ?? "").trim().split("\n").map(Number);
  expect(extra).toEqual([0, 1, 2, 3, 4, 5]);
  expect(await started.exited).toEqual({ code: 7, signal: null });
});

test("a process gets its directory and the environment that was named, with the marker and nothing else", async () => {
  const descriptors = ["nothing", "write", "nothing"] as const;
  const started = await spawner.start({ argv: ["/usr/bin/env"], cwd: "/usr", environment: { A: "b" }, descriptors });
  expect(await text(started.streams[1])).toBe(`A=b\nPHASEGATE_RUN=${started.marker}\n`);
  expect((await said("pwd")).trim()).toBe("/");
});

test("the end by a signal is told apart from an exit code", async () => {
  const started = await sh("kill -SEGV $$", []);
  expect(await started.exited).toEqual({ code: null, signal: "SIGSEGV" });
});

test("a program that is missing, closed or without its directory is named as the system does", async () => {
  const start = (argv: string[], cwd: string) => spawner.start({ argv, cwd, environment, descriptors: ["write"] });
  await expect(start(["nowhere"], "/")).rejects.toMatchObject({ code: "ENOENT", syscall: "spawn nowhere" });
  await expect(start(["/etc/passwd"], "/")).rejects.toMatchObject({ code: "EACCES" });
  await expect(start(["true"], "/nowhere")).rejects.toMatchObject({ code: "ENOENT" });
  expect(await said("echo still here")).toBe("still here\n");
});

test("a spawner without descriptors says so, and starts again when there are some", async () => {
  const spawnerId = (await said("echo $PPID")).trim();
  const limit = (files: string) => execFileSync("prlimit", ["--pid", spawnerId, `--nofile=${files}`]);
  limit("5:");
  await expect(said("echo no")).rejects.toMatchObject({ code: "EMFILE" });
  limit("256:");
  expect(await said("echo yes")).toBe("yes\n");
});

test("a spawner that may start no more processes is named as the system does", async ({ skip }) => {
  // No such limit holds for root, so it runs as nobody then.
  const nobody = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
  const program = new URL("./spawner-process.ts", import.meta.url).pathname;
  const limited = spawn(process.execPath, [program], {
    stdio: ["ignore", "ignore", "ignore", "ipc"],
    cwd: "/",
    env: {},
    ...nobody,
  });
  const heard = on(limited, "message");
  const next = async () => ((await heard.next()).value as [FromSpawner])[0];
  const start = (marker: string) =>
    limited.send({ type: "start", marker, argv: ["/bin/true"], cwd: "/", environment: {}, descriptors: [] });
  start("one");
  const first = await Promise.race([next(), once(limited, "exit").then(() => null)]);
  skip(first === null, "nobody may not read this checkout");
  expect([first, await next()]).toMatchObject([{ type: "started" }, { type: "exited", code: 0 }]);
  execFileSync("prlimit", ["--pid", String(limited.pid), "--nproc=1:1"], nobody);
  start("two");
  expect(await next()).toMatchObject({
    type: "failed",
    marker: "two",
    system: { code: "EAGAIN", syscall: "spawn /bin/true" },
  });
  limited.disconnect();
  expect(await once(limited, "exit")).toEqual([0, null]);
});

test("a kill ends the group, and the end of its leader ends the rest of it", async () => {
  const seconds = oddSeconds();
  const killed = await sh(`sleep ${seconds} & sleep ${seconds}`, []);
  killed.kill();
  expect(await killed.exited).toEqual({ code: null, signal: "SIGKILL" });
  const left = await sh(`sleep ${seconds} & exit 3`, []);
  expect(await left.exited).toEqual({ code: 3, signal: null });
  await expect.poll(() => processesWith(seconds)).toEqual([]);
});

test("of a leader that is killed nothing is left, in sessions of their own either", async () => {
  const seconds = oddSeconds();
  const script = `setsid sh -c 'echo away; exec sleep ${seconds}' & wait`;
  const started = await sh(script, ["nothing", "write", "nothing"]);
  await once(started.streams[1], "data");
  process.kill(started.pid, "SIGKILL");
  expect(await started.exited).toEqual({ code: null, signal: "SIGKILL" });
  expect(processesWith(seconds)).toEqual([]);
});

test("the spawner holds nothing of the server's, and a signal for its group does not end it", async () => {
  process.env["PHASEGATE_OPERATOR_KEY"] = "not-for-spawners";
  const id = (await said("echo $PPID")).trim();
  delete process.env["PHASEGATE_OPERATOR_KEY"];
  const names = readFileSync(`/proc/${id}/environ`, "utf8").matchAll(/(\w+)=/g);
  expect([...names].map((match) => match[1])).toEqual(["NODE_CHANNEL_FD", "NODE_CHANNEL_SERIALIZATION_MODE"]);
  const targets = readdirSync(`/proc/${id}/fd`).map((name) => readlinkSync(`/proc/${id}/fd/${name}`));
  const known = /^(?:\/dev\/null|socket:\[\d+\]|pipe:\[\d+\]|anon_inode:.*)$/;
  expect(targets.filter((target) => !known.test(target))).toEqual([]);
  expect(targets.filter((target) => target.startsWith("socket:")).length).toBe(1);
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.kill(Number(id), signal);
  expect((await said("echo $PPID")).trim()).toBe(id);
});

test("what ran when the spawner died is ended and rejects, and another spawner takes its place", async () => {
  const seconds = oddSeconds();
  const script = `sleep ${seconds} & setsid sleep ${seconds} & echo $PPID; wait`;
  const running = await sh(script, ["nothing", "write", "nothing"]);
  const [id] = (await once(running.streams[1], "data")) as [Buffer];
  process.kill(Number(id.toString()), "SIGKILL");
  await expect(running.exited).rejects.toMatchObject({ code: "workspace_unavailable" });
  expect(processesWith(seconds)).toEqual([]);
  expect((await said("echo $PPID")).trim()).not.toBe(id.toString().trim());
});

test("a spawner that no longer answers is ended with what it started", async () => {
  await using stuck = await openBeside("stuck", { answerMs: 1_000 });
  const seconds = oddSeconds();
  const descriptors = ["nothing", "write", "nothing"] as const;
  const argv = ["sh", "-c", `echo $PPID; sleep ${seconds}`];
  const running = await stuck.spawner.start({ argv, cwd: "/", environment, descriptors });
  const [id] = (await once(running.streams[1], "data")) as [Buffer];
  process.kill(Number(id.toString()), "SIGSTOP");
  running.kill();
  await expect(running.exited).rejects.toMatchObject({ code: "workspace_unavailable" });
  expect(processesWith(seconds)).toEqual([]);
});

test("a spawner that dies again and again is not started for a while, and then it is", async () => {
  await using dying = await openBeside("dying", { maxDeaths: { most: 2, withinMs: 4_000 } });
  const descriptors = ["nothing", "write", "nothing"] as const;
  const start = async () => {
    const argv = ["sh", "-c", "echo $PPID; exec sleep 60"];
    const running = await dying.spawner.start({ argv, cwd: "/", environment, descriptors });
    const [id] = (await once(running.streams[1], "data")) as [Buffer];
    return { running, id: Number(id.toString()) };
  };
  for (let death = 0; death < 2; death += 1) {
    const { running, id } = await start();
    process.kill(id, "SIGKILL");
    await expect(running.exited).rejects.toMatchObject({ code: "workspace_unavailable" });
  }
  await expect(start()).rejects.toMatchObject({
    code: "workspace_unavailable",
    message: "the process that starts commands ends again and again",
  });
  await expect
    .poll(
      () =>
        start().then(
          () => "started",
          () => "refused",
        ),
      { timeout: 10_000 },
    )
    .toBe("started");
});

test("a server that is killed takes its spawner with it, and all that the spawner started", async () => {
  const seconds = oddSeconds();
  const fixture = new URL("./killed-server.fixture.ts", import.meta.url).pathname;
  const server = spawn(process.execPath, [fixture, join(root, "killed"), seconds], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [id] = (await once(server.stdout, "data")) as [Buffer];
  expect(processesWith(seconds).length).toBeGreaterThan(1);
  server.kill("SIGKILL");
  await expect.poll(() => processesWith(seconds)).toEqual([]);
  await expect.poll(() => existsSync(`/proc/${id.toString().trim()}`)).toBe(false);
});

test("a pipe whose other end is gone with the server does not hold the spawner", async () => {
  const path = join(root, "one-ended");
  execFileSync("mkfifo", [path]);
  const program = new URL("./spawner-process.ts", import.meta.url).pathname;
  const orphan = spawn(process.execPath, [program], { stdio: ["ignore", "ignore", "ignore", "ipc"], env: {} });
  const descriptors = [{ kind: "write", path }] as const;
  orphan.send({ type: "start", marker: "one", argv: ["/bin/true"], cwd: "/", environment: {}, descriptors });
  expect(await once(orphan, "message")).toMatchObject([{ type: "started", marker: "one" }, undefined]);
  orphan.disconnect();
  expect(await once(orphan, "exit")).toEqual([0, null]);
});

test("closing ends what runs, leaves no process and no pipe in use, and takes no more", async () => {
  await using beside = await openBeside("closing");
  const seconds = oddSeconds();
  const argv = ["sh", "-c", `setsid sleep ${seconds} & sleep ${seconds}`];
  const request = { argv, cwd: "/", environment, descriptors: ["read", "write", "write"] } as const;
  const running = await beside.spawner.start(request);
  await beside.spawner.close();
  await expect(running.exited).rejects.toMatchObject({ code: "workspace_unavailable" });
  expect(processesWith(seconds)).toEqual([]);
  expect(processesWith(beside.directory)).toEqual([]);
  await expect(beside.spawner.start(request)).rejects.toMatchObject({ code: "shutting_down" });
});

async function openBeside(name: string, options: Omit<SpawnerOptions, "pipesDirectory"> = {}) {
  const directory = join(root, name);
  const other = await Spawner.open({ pipesDirectory: directory, ...options });
  return { spawner: other, directory, [Symbol.asyncDispose]: () => other.close() };
}
