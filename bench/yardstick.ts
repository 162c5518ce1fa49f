import { open } from "node:fs/promises";
import fastify from "fastify";

/**
 * What the product is measured against: a bare Fastify route that parses the same body, appends as many bytes to a file
 * with one fdatasync for each batch of waiting requests, and answers the same bytes. `Y0` leaves the file out.
 *
 * Arguments: the file, the bytes to append for each request, the answer. Prints its address.
 */
const [file = "", bytesText = "0", answer = "{}"] = process.argv.slice(2);
const line = Buffer.alloc(Number(bytesText), 0x61);
const handle = await open(file, "a");

let waiting: (() => void)[] = [];
let writing = false;

async function drain(): Promise<void> {
  writing = true;
  while (waiting.length > 0) {
    const batch = waiting;
    waiting = [];
    await handle.appendFile(Buffer.concat(batch.map(() => line)));
    await handle.datasync();
    for (const resolve of batch) resolve();
  }
  writing = false;
}

function append(): Promise<void> {
  return new Promise((resolve) => {
    waiting.push(resolve);
    if (!writing) void drain();
  });
}

const body: unknown = JSON.parse(answer);
const app = fastify({ logger: false });
app.post("/y1", async () => {
  await append();
  return body;
});
app.post("/y0", () => Promise.resolve(body));
app.get("/y0", () => Promise.resolve(body));
const address = await app.listen({ host: "127.0.0.1", port: 0 });
process.stdout.write(`${address}\n`);
