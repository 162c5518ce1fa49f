import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { defaultLimits } from "./limits.ts";
import { useOfTree } from "./process-tree.ts";
import { SessionNiceness } from "./session-niceness.ts";
import { openSandboxFixture, type SandboxFixture } from "./sandboxes.fixture.ts";

describe.each(["required", "off"] as const)("bounds on commands at sandbox mode %s", (mode) => {
  let fixture: SandboxFixture;
  beforeAll(async () => {
    fixture = await openSandboxFixture({ mode });
  });
  afterAll(() => fixture.close());

  test("memory of all processes together is bounded, and the answer says so", async () => {
    const limits = { ...defaultLimits, memoryBytes: 200 * 1024 ** 2 };
    const hog = `python3 -c 'import time; data = bytearray(120 * 1024 * 1024); time.sleep(60)'`;
    const result = await fixture.sh(`${hog} & ${hog} & wait -n; exit $?`, { limits });
    expect(result).toMatchObject({ limits: ["memory"], exitCode: 137 });
    expect(result.durationMs).toBeLessThan(15_000);
  });

  test("a fork bomb is bounded, and the answer says so", async () => {
    const limits = { ...defaultLimits, processes: 32 };
    const result = await fixture.sh("for i in $(seq 100); do sleep 20 & done; sleep 20", { limits, timeoutMs: 2_000 });
    expect(result.limits).toEqual(["processes"]);
    expect(result.durationMs).toBeLessThan(18_000);
  });

  test("processor time is counted over all processes, also those that ended", async () => {
    const limits = { ...defaultLimits, cpuSeconds: 1 };
    const script = `while :; do timeout 0.3 bash -c 'while :; do :; done'; done`;
    expect(await fixture.sh(script, { limits })).toMatchObject({ ended: "over_limit", limits: ["cpu"] });
  });

  test("output without end is slowed down, then ends the command, and what is kept is bounded", async () => {
    const limits = { ...defaultLimits, printedBytes: 8 * 1024 ** 2 };
    const result = await fixture.sh("yes", { limits });
    expect(result).toMatchObject({ ended: "over_limit", limits: ["output"], stdout: { truncated: true } });
    expect(result.stdout.text.length).toBeLessThan(2 * defaultLimits.outputBytes);
  });

  test("a file past its size ends the program that writes it", async () => {
    const limits = { ...defaultLimits, fileBytes: 1024 ** 2 };
    const result = await fixture.sh("exec head -c 3000000 /dev/zero > big", { limits });
    expect(result).toMatchObject({ ended: "exited", limits: ["file_size"], exitCode: 153 });
  });

  test("a bound of the caller's is looked at while the command runs", async () => {
    const result = await fixture.sh("echo begun; sleep 20", { overLimit: () => Promise.resolve("disk") });
    expect(result).toMatchObject({ ended: "over_limit", limits: ["disk"], stdout: { text: "begun\n" } });
  });

  test("a command within its bounds meets none", async () => {
    const result = await fixture.sh(`node -e 'Buffer.alloc(50e6).fill(1); console.log("x".repeat(100_000))'`);
    expect(result).toMatchObject({ ended: "exited", exitCode: 0, limits: [] });
  });
});

test("what a process and its children use is added up without control groups", async () => {
  const script = `data=$(head -c 30000000 /dev/zero | tr '\\0' x); sleep 30 & sleep 30 & echo ready; wait`;
  const child = spawn("bash", ["-c", script], { stdio: ["ignore", "pipe", "inherit"], detached: true });
  try {
    await once(child.stdout, "data");
    const use = await useOfTree(child.pid ?? 0, 100);
    expect(use.processes).toBe(3);
    expect(use.memoryBytes).toBeGreaterThan(30_000_000);
    expect((await useOfTree(child.pid ?? 0, 1)).processes).toBe(2);
  } finally {
    process.kill(-(child.pid ?? 0), "SIGKILL");
  }
});

test.skipIf(!existsSync("/proc/self/autogroup"))(
  "each session of a command is made nice, however many it makes",
  async () => {
    const script = "setsid sleep 5 & echo ready; wait";
    const child = spawn("bash", ["-c", script], { stdio: ["ignore", "pipe", "inherit"], detached: true });
    try {
      await once(child.stdout, "data");
      const { sessions } = await vi.waitFor(async () => {
        const use = await useOfTree(child.pid ?? 0, 100);
        expect(use.sessions.size).toBe(2);
        return use;
      });
      const niceness = new SessionNiceness(10);
      await vi.waitFor(async () => {
        await niceness.apply(sessions);
        const groups = [...sessions.values()].map((pid) => readFileSync(`/proc/${String(pid)}/autogroup`, "utf8"));
        expect(groups.map((group) => group.replace(/^.* nice /, ""))).toEqual(["10\n", "10\n"]);
      });
    } finally {
      for (const pid of (await useOfTree(child.pid ?? 0, 100)).sessions.values()) process.kill(pid, "SIGKILL");
    }
  },
);
