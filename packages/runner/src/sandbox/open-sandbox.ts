import { PhasegateError } from "@phasegate/wire";
import { mkdir, realpath, rm } from "node:fs/promises";
import { BubblewrapSandbox } from "./bubblewrap.ts";
import { openControlGroups } from "./control-groups.ts";
import type { Sandbox, SandboxOptions } from "./sandbox.ts";
import { overlayCopies } from "./throwaway.ts";
import { findVisibleHost } from "./visible-host.ts";

/**
 * The strongest sandbox that this machine holds, as probes found it.
 * Rejects with `sandbox_unavailable` where `mode` is `required` and a probe got out.
 */
export async function openSandbox(options: SandboxOptions): Promise<Sandbox> {
  await rm(options.scratchDir, { recursive: true, force: true });
  await mkdir(options.scratchDir, { recursive: true, mode: 0o700 });
  const scratchDir = await realpath(options.scratchDir);
  const host = await findVisibleHost({
    environment: options.environment,
    toolchainDirs: options.toolchainDirs ?? [],
    hidden: [await realpath(options.dataDir), scratchDir],
    scratchDir,
  });
  if (options.mode === "off") throw new PhasegateError("sandbox_unavailable", "off");
  return new BubblewrapSandbox({
    program: "bwrap",
    host,
    copies: overlayCopies(scratchDir, process.getuid?.() === 0),
    groups: await openControlGroups(),
  });
}
