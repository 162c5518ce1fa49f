import { mkdtemp, rmdir, statfs } from "node:fs/promises";
import { join } from "node:path";
import { PhasegateError } from "@phasegate/wire";
import type { ServerContext } from "../context.ts";
import type { ClockWatch } from "./clock-watch.ts";

const mebibyte = 1024 ** 2;

type Parts = Pick<ServerContext, "config" | "ledger" | "log">;

/**
 * Resolves when work can be taken: the ledger takes a durable write, workspaces can be made, disk is left, and the clock
 * did not jump. Throws `ledger_unavailable` or `not_ready`; figures and paths go to the log only.
 */
export async function requireReady(context: Parts, clock: ClockWatch): Promise<void> {
  await context.ledger.probe();
  const { storage, runner, health } = context.config;
  const jumpMs = clock.jumpMs(health.max_clock_jump_seconds * 1_000);
  if (jumpMs !== null) throw notReady(context, "the clock jumped", { jump_ms: Math.round(jumpMs) });
  const workspaces = runner.workspaces_dir ?? storage.data_dir;
  for (const directory of new Set([storage.data_dir, workspaces])) {
    const { bavail, bsize } = await statfs(directory);
    const freeMb = Math.floor((bavail * bsize) / mebibyte);
    if (freeMb < health.min_free_disk_mb) throw notReady(context, "the disk is nearly full", { free_mb: freeMb });
  }
  try {
    await rmdir(await mkdtemp(join(workspaces, ".probe-")));
  } catch (error) {
    throw notReady(context, "workspaces cannot be made", { err: error });
  }
}

function notReady({ log }: Parts, message: string, figures: object): PhasegateError {
  log.warn(figures, `not ready: ${message}`);
  return new PhasegateError("not_ready", message, { retryAfterSeconds: 5, hint: "the server's log has the figures" });
}
