import { parentPort } from "node:worker_threads";
import { glanceAtRest, place, state, type GlanceTable } from "./glance-table.ts";
import type { ToGlanceWorker } from "./glance.ts";

const tables = new Map<number, GlanceTable>();

parentPort?.on("message", (message: ToGlanceWorker) => {
  if (message.type === "cover") tables.set(message.id, message.table);
  else if (message.type === "close") tables.delete(message.id);
  else help(tables.get(message.id));
});

function help(table: GlanceTable | undefined): void {
  if (table === undefined) return;
  const { shared } = table;
  // Whoever asked may have finished alone by now.
  if (Atomics.compareExchange(shared, place.state, state.asked, state.working) !== state.asked) return;
  glanceAtRest(table);
  Atomics.store(shared, place.state, state.idle);
  Atomics.notify(shared, place.state);
}
