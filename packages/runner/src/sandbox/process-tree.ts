import { readdirSync, readFileSync } from "node:fs";
import { setImmediate as nextTurn } from "node:timers/promises";

/** What a process and all that descend from it use now. */
export interface TreeUse {
  readonly processes: number;
  readonly memoryBytes: number;
  readonly cpuSeconds: number;
  /** One process of each session among them, by session. */
  readonly sessions: ReadonlyMap<number, number>;
}

/** Clock ticks in a second, as /proc counts them (USER_HZ is 100 on every Linux that Node runs on). */
export const ticksPerSecond = 100;

/** Looked at in one turn of the event loop, which takes less than a millisecond. */
const processesEachTurn = 16;

/**
 * Adds up a process and its descendants. Those that left for another parent are missing, and so is what ends while it
 * is looked at. Stops at `maxProcesses`, since more is answer enough.
 */
export async function useOfTree(root: number, maxProcesses: number): Promise<TreeUse> {
  const waiting = [root];
  const sessions = new Map<number, number>();
  let looks = 0;
  let processes = 0;
  let memoryKibibytes = 0;
  let ticks = 0;
  for (let pid = waiting.pop(); pid !== undefined && processes <= maxProcesses; pid = waiting.pop()) {
    looks += 1;
    if (looks % processesEachTurn === 0) await nextTurn();
    const directory = `/proc/${String(pid)}`;
    const status = readOrEmpty(`${directory}/status`);
    if (status === "") continue;
    const threads = readdirOrEmpty(`${directory}/task`);
    processes += Math.max(1, threads.length);
    for (const [, amount] of status.matchAll(/^(?:Rss(?:Anon|Shmem)|VmSwap):\s*(\d+) kB$/gm))
      memoryKibibytes += Number(amount);
    const stat = fieldsOf(readOrEmpty(`${directory}/stat`));
    for (const field of stat.slice(ownAndWaitedFor.from, ownAndWaitedFor.to)) ticks += Number(field) || 0;
    const session = Number(stat[sessionField]);
    if (session > 0) sessions.set(session, pid);
    for (const thread of threads) {
      const children = readOrEmpty(`${directory}/task/${thread}/children`).trim();
      if (children !== "") waiting.push(...children.split(" ").map(Number));
    }
  }
  return { processes, memoryBytes: memoryKibibytes * 1024, cpuSeconds: ticks / ticksPerSecond, sessions };
}

/** What proc_pid_stat(5) numbers from 3 on: after the name, which may hold anything. */
function fieldsOf(stat: string): readonly string[] {
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}

const sessionField = 6 - 3;
const ownAndWaitedFor = { from: 14 - 3, to: 18 - 3 };

function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

function readdirOrEmpty(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
