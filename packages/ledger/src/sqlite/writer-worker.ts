import { parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";
import { databaseError } from "./database-errors.ts";
import { encodeFailure } from "./failures.ts";
import { GroupWriter } from "./group-writer.ts";
import type { FromWriter, ToWriter, WriterOptions } from "./protocol.ts";

/** Operations in one transaction at most; what waits beyond goes into the next. */
const maxGroup = 1_024;

if (parentPort === null) throw new Error("the ledger's writer runs in a worker thread only");
const port = parentPort;
const options = workerData as WriterOptions;
const writer = new GroupWriter(options);

try {
  send({ type: "opened", ...writer.open() });
  port.on("message", handle);
} catch (error) {
  send({ type: "not_opened", failure: encodeFailure(databaseError(options.file, error)) });
}

/** All that arrived while the last transaction ran shares the next one. */
function handle(first: ToWriter): void {
  let message: ToWriter | undefined = first;
  while (message !== undefined) {
    const batches: Extract<ToWriter, { type: "operations" }>[] = [];
    let size = 0;
    let closing = false;
    for (; message !== undefined; message = size < maxGroup ? next() : undefined) {
      if (message.type === "close") {
        closing = true;
        break;
      }
      batches.push(message);
      size += message.operations.length;
    }
    if (batches.length > 0) commit(batches);
    if (closing) return close();
    message = next();
  }
}

function commit(batches: readonly Extract<ToWriter, { type: "operations" }>[]): void {
  const outcomes = writer.commit(batches.flatMap(({ operations }) => operations));
  let taken = 0;
  send({
    type: "committed",
    authorityVersion: writer.authorityVersion,
    group: { operations: outcomes.length, commitSeconds: writer.commitSeconds },
    batches: batches.map(({ number, operations }) => {
      taken += operations.length;
      return { number, outcomes: outcomes.slice(taken - operations.length, taken) };
    }),
  });
}

function next(): ToWriter | undefined {
  return receiveMessageOnPort(port)?.message as ToWriter | undefined;
}

function close(): void {
  writer.close();
  send({ type: "closed" });
  port.close();
}

function send(message: FromWriter): void {
  port.postMessage(message);
}
