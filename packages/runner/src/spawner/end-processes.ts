import { readdir, readFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";

/** In the environment of each process that the spawner starts, and so of all that those start and do not clear. */
export const markerName = "PHASEGATE_RUN";

const maxRounds = 200;
const roundMs = 5;
/** A process shows no environment for the moment in which it becomes another program. */
const cleanRounds = 2;

/** SIGKILL to a process, or to a group where `pid` is negative; nothing if it is gone or not ours to end. */
export function killQuietly(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "ESRCH" && code !== "EPERM") throw error;
  }
}

/** Kills every process that carries one of the markers in its environment. False if some stay. */
export async function endMarked(markers: readonly string[]): Promise<boolean> {
  if (markers.length === 0) return true;
  const needles = markers.map((marker) => `${markerName}=${marker}`);
  let clean = 0;
  for (let round = 0; round < maxRounds; round += 1) {
    const marked = await findMarked(needles);
    clean = marked.length === 0 ? clean + 1 : 0;
    if (clean === cleanRounds) return true;
    for (const pid of marked) killQuietly(pid);
    await delay(roundMs);
  }
  return false;
}

async function findMarked(needles: readonly string[]): Promise<number[]> {
  const found: number[] = [];
  for (const name of await readdir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const environment = await readFile(`/proc/${name}/environ`, "utf8").catch(() => "");
    if (needles.some((needle) => environment.includes(needle))) found.push(Number(name));
  }
  return found;
}
