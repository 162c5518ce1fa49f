import { createHash } from "node:crypto";
import { writeSync } from "node:fs";
import type { EventId } from "@phasegate/wire";
import { batchOf, claimed, completed, created, newJob, payloadOf, toolExecuted } from "../conformance/samples.ts";
import { openSqliteLedger } from "../sqlite/sqlite-ledger.ts";

/**
 * Writes under load until it is killed, and prints one line for each append that was acknowledged:
 * `<stream> <version> <event id>`. Arguments: the ledger's file, the round (which makes ids unique), writers.
 */
const [file = "", round = "0", writers = "16"] = process.argv.slice(2);
const ledger = await openSqliteLedger({ file });
writeSync(1, "ready\n");
await Promise.all(Array.from({ length: Number(writers) }, (_, writer) => write(writer)));

async function write(writer: number): Promise<void> {
  for (let task = 0; ; task += 1) {
    const name = `r${round}w${writer}t${task}`;
    const stream = `task/task_${name}`;
    let version = 0;
    for (const make of life(name)) {
      const { events, ...options } = make();
      const unique = events.map((event, index) => ({ ...event, id: eventId(`${name}/${version + index}`) }));
      const result = await ledger.append(batchOf(stream, unique, { expectedVersion: version, ...options }));
      if (result.status !== "appended") throw new Error(`a conflict on ${stream}`);
      version += unique.length;
      writeSync(1, `${stream} ${version} ${unique.at(-1)?.id}\n`);
    }
  }
}

function life(name: string): (() => Pick<Parameters<typeof batchOf>[2] & object, "jobs" | "payloads" | "lease"> & {
  events: Parameters<typeof batchOf>[1];
})[] {
  const body = payloadOf({ name });
  const step = () => ({ events: [toolExecuted({ args_digest: body.digest })], payloads: [body] });
  return [
    () => ({ events: [created()], jobs: [newJob(name)] }),
    () => ({ events: [claimed()], lease: { expiresAt: 1 } }),
    step,
    step,
    () => ({ events: [toolExecuted(), toolExecuted(), completed(2)] }),
  ];
}

function eventId(text: string): EventId {
  return `evt_${createHash("sha256").update(text).digest("hex").slice(0, 32)}` as EventId;
}
