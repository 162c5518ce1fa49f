import { defineConfig } from "vitest/config";
import LongestFirst from "./test/harness/longest-first.ts";

/** Ten times what all but the two longest take on a machine that does nothing else: a time-out is for what hangs. */
const systemTestMs = Number(process.env["PHASEGATE_TEST_TIMEOUT_MS"] ?? 300_000);

// Two projects: `unit` stands beside its source and takes seconds; `system` starts real servers, sandboxes and processes.
export default defineConfig({
  test: {
    // Two files at once: most of the time goes to processes that a test has started and waits for.
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    globalSetup: ["test/harness/temporary-home.ts"],
    projects: [
      {
        test: {
          name: "unit",
          include: ["packages/*/src/**/*.test.ts", "scripts/**/*.test.ts"],
          exclude: ["**/*.system.test.ts", "**/node_modules/**"],
          testTimeout: 20_000,
          expect: { poll: { timeout: 10_000 } },
          // Unit tests share no state: one load of the sources serves a whole thread.
          pool: "threads",
          isolate: false,
        },
      },
      {
        test: {
          name: "system",
          include: ["packages/*/src/**/*.system.test.ts", "test/**/*.test.ts"],
          testTimeout: systemTestMs,
          hookTimeout: systemTestMs,
          expect: { poll: { timeout: systemTestMs / 5 } },
        },
      },
    ],
  },
});
