import { assert } from "fast-check";
import { test } from "vitest";
import { HostileProcess } from "./fuzz/hostile-process.ts";
import { treeProperty } from "./fuzz/tree-property.ts";

test("whatever a hostile process does, each reading is that of the reference, and restoring leads back", async () => {
  await using hostile = new HostileProcess();
  await assert(treeProperty(hostile), { numRuns: 60, interruptAfterTimeLimit: 8_000 });
});
