import { readdirSync, readFileSync } from "node:fs";

/** What a process and all that descend from it use now. */
export interface TreeUse {
  readonly processes: number;
  readonly memoryBytes: number;
  readonly cpuSeconds: number;
}

/** Clock ticks in a second, as /proc/PID/stat counts them (USER_HZ is 100 on every Linux that Node runs on). */
const ticksPerSecond = 100;

/**
 * Adds up a process and its descendants. Those that left for another parent are missing, and so is what ends while it
 * is looked at. Stops at `maxProcesses`, since more is answer enough.
 */
export function useOfTree(root: number, maxProcesses: number): TreeUse {
  const waiting = [root];
  let processes = 0;
  let memoryKibibytes = 0;
  let ticks = 0;
  for (let pid = waiting.pop(); pid !== undefined && processes <= maxProcesses; pid = waiting.pop()) {
    const directory = `/proc/${String(pid)}`;
    const status = readOrEmpty(`${directory}/status`);
    if (status === "") continue;
    const threads = readdirOrEmpty(`${directory}/task`);
    processes += Math.max(1, threads.length);
    for (const [, amount] of status.matchAll(/^Rss(?:Anon|Shmem):\s*(\d+) kB$/gm)) memoryKibibytes += Number(amount);
    ticks += ticksOf(readOrEmpty(`${directory}/stat`));
    for (const thread of threads) {
      const children = readOrEmpty(`${directory}/task/${thread}/children`).trim();
      if (children !== "") waiting.push(...children.split(" ").map(Number));
    }
  }
  return { processes, memoryBytes: memoryKibibytes * 1024, cpuSeconds: ticks / ticksPerSecond };
}

/** Own time and that of children that were waited for: fields 14 to 17 (proc_pid_stat(5)), counted after the name. */
function ticksOf(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields.slice(11, 15).reduce((sum, field) => sum + (Number(field) || 0), 0);
}

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
