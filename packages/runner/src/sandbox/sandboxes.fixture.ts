import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Spawner } from "../spawner/spawner.ts";
import { openSandbox } from "./open-sandbox.ts";
import { defaultLimits } from "./limits.ts";
import type { Sandbox, SandboxCommand, SandboxOptions, SandboxResult } from "./sandbox.ts";

/** A sandbox with a data directory and a workspace of its own, for tests. */
export interface SandboxFixture {
  readonly sandbox: Sandbox;
  readonly root: string;
  readonly dataDir: string;
  readonly scratchDir: string;
  readonly workspacePath: string;
  sh(script: string, changes?: Partial<SandboxCommand>): Promise<SandboxResult>;
  close(): Promise<void>;
}

export async function openSandboxFixture(options: Partial<SandboxOptions> = {}): Promise<SandboxFixture> {
  const root = mkdtempSync(join(tmpdir(), "phasegate-sandbox-"));
  const dataDir = join(root, "data");
  const scratchDir = join(dataDir, "scratch");
  const workspacePath = join(root, "workspace");
  for (const directory of [dataDir, workspacePath]) mkdirSync(directory, { mode: 0o700 });
  const spawner = await Spawner.open({ pipesDirectory: join(root, "pipes") });
  const sandbox = await openSandbox({
    spawner,
    mode: "required",
    dataDir,
    scratchDir,
    environment: { PATH: process.env["PATH"] },
    ...options,
  });
  return {
    sandbox,
    root,
    dataDir,
    scratchDir,
    workspacePath,
    sh: (script, changes = {}) =>
      sandbox.run({
        argv: ["bash", "-c", script],
        workspacePath,
        on: "workspace",
        cwd: "",
        readOnlyMounts: [],
        network: "none",
        timeoutMs: 20_000,
        limits: defaultLimits,
        signal: new AbortController().signal,
        ...changes,
      }),
    async close() {
      await sandbox.close();
      await spawner.close();
      rmSync(root, { recursive: true, force: true });
    },
  };
}

/** Processes of this machine whose command line holds `text`. */
export function processesWith(text: string): string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        return readFileSync(`/proc/${name}/cmdline`, "utf8").includes(text);
      } catch {
        return false;
      }
    });
}
