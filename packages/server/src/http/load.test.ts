import { tmpdir } from "node:os";
import { afterEach, expect, test } from "vitest";
import { loadConfig } from "../config/load-config.ts";
import { createMetrics } from "../telemetry/metrics.ts";
import { Load } from "./load.ts";

let load: Load | null = null;
afterEach(() => load?.close());

/** How many places each client gets that takes all that it can, one after the other. */
function taken(clients: readonly string[], places: number): readonly number[] {
  const { config } = loadConfig({ cwd: tmpdir(), env: {}, overrides: { "server.max_concurrent_requests": places } });
  const made = (load = new Load({ config: () => config, metrics: createMetrics() }));
  return clients.map((client) => {
    let count = 0;
    try {
      for (; count <= places; count += 1) made.enter(client);
    } catch {
      return count;
    }
    return count;
  });
}

test("each client that comes finds room, however much those before it took", () => {
  expect(taken(["a", "b", "c", "d"], 512)).toEqual([256, 128, 64, 32]);
});

test("a client that is alone has all places", () => {
  expect(taken(["a"], 8)).toEqual([8]);
});
