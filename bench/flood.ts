import { readFileSync } from "node:fs";
import { constants, setPriority } from "node:os";
import autocannon from "autocannon";
import type { LoadRequest } from "./load.ts";

/**
 * Asks again and again until it is ended, whatever the answers are. Argument: a file with the requests as JSON, without
 * `seconds`.
 * A low priority: what it takes of the processors itself is not the server's doing.
 */
const { bodies, ...request } = JSON.parse(readFileSync(process.argv[2] ?? "", "utf8")) as Omit<LoadRequest, "seconds">;
setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
let connection = 0;
const setupClient = (client: autocannon.Client): void => {
  const body = bodies[connection % Math.max(1, bodies.length)];
  connection += 1;
  if (body !== undefined) client.setBody(body);
};
const flood = autocannon({ ...request, setupClient, duration: 3_600, timeout: 60 }, () => undefined);
flood.once("response", () => process.stdout.write("flooding\n"));
process.once("SIGTERM", () => process.exit(0));
