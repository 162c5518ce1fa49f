import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { EventId } from "@phasegate/wire";
import { openSqliteLedger } from "../sqlite/sqlite-ledger.ts";
import { verifyLedger } from "../verify/index.ts";

const writerFile = fileURLToPath(new URL("./crash-writer.ts", import.meta.url));

export interface CrashRound {
  readonly acknowledged: number;
  readonly events: number;
}

/**
 * Runs one round on a ledger file: a process writes under load, is killed with SIGKILL `killAfterMs` after it began,
 * and the file is judged. Rejects with what is wrong: an acknowledged event that is gone, a batch that is there in
 * part, a chain or an index that does not verify.
 */
export async function crashRound(options: {
  readonly file: string;
  readonly round: number;
  readonly killAfterMs: number;
}): Promise<CrashRound> {
  const acknowledged = await writeUntilKilled(options);
  const report = await verifyLedger({ file: options.file });
  if (!report.ok) throw new Error(`round ${options.round}: ${JSON.stringify(report.firstBad)}`);
  const ledger = await openSqliteLedger({ file: options.file });
  try {
    for (const line of acknowledged) {
      const [stream, version, id] = line.split(" ");
      const event = await ledger.getEvent(id as EventId);
      if (event === null || event.stream !== stream || String(event.version) !== version) {
        throw new Error(`round ${options.round}: \`${line}\` was acknowledged and is gone`);
      }
    }
    // Of the last batch of a life, either all three events are there or none.
    for (const { version, id } of (await ledger.listTasks({ limit: 10_000 })).rows) {
      if (version > 4 && version < 7) throw new Error(`round ${options.round}: \`${id}\` has half a batch`);
    }
  } finally {
    await ledger.close();
  }
  return { acknowledged: acknowledged.length, events: report.events };
}

async function writeUntilKilled({ file, round, killAfterMs }: Parameters<typeof crashRound>[0]): Promise<string[]> {
  const child = spawn(process.execPath, [writerFile, file, String(round)], { stdio: ["ignore", "pipe", "pipe"] });
  const ended = once(child, "close");
  let output = "";
  let errors = "";
  let killed = false;
  child.stderr.on("data", (chunk: Buffer) => {
    errors += chunk.toString();
  });
  child.stdout.on("data", (chunk: Buffer) => {
    const begun = output !== "";
    output += chunk.toString();
    if (begun || killed) return;
    killed = true;
    setTimeout(() => child.kill("SIGKILL"), killAfterMs);
  });
  const [, signal] = (await ended) as [number | null, string | null];
  if (signal !== "SIGKILL") throw new Error(`round ${round}: the writer ended by itself: ${errors}`);
  // A line that was cut by the kill was not told whole, so nothing is claimed about it.
  return output
    .slice(0, output.lastIndexOf("\n") + 1)
    .split("\n")
    .filter((line) => line.startsWith("task/"));
}
