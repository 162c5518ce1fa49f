import type { EvidenceFacts } from "@phasegate/wire";
import { expect, test } from "vitest";
import { judge } from "./testing/check-case.ts";
import { identityOf, now, onBase } from "./testing/run-case.ts";

const file = "test/old.test.ts";
const adds = identityOf(file, "adds");
const [passing, failing] = [{ [file]: { adds: "passed" } }, { [file]: { adds: "failed" } }] as const;

test.each<[rule: string, evidence: EvidenceFacts, found: readonly string[]]>([
  [
    "one that failed on this tree earlier is flaky",
    { base: onBase(passing), current: now(passing), failedEarlier: [adds] },
    [`flaky: both outcomes on one tree: \`${adds}\``],
  ],
  [
    "a run of this tree that came to nothing earlier is flaky",
    { base: onBase(passing), current: now(passing), failedEarlier: ["all tests (in time)"] },
    ["flaky: both outcomes on one tree: `all tests (in time)`"],
  ],
  [
    "one that fails still, as on the base, is not",
    { base: onBase(failing), current: now(failing), failedEarlier: [adds] },
    [`failed_on_base: failed on the base and fail still: \`${adds}\``],
  ],
  [
    "one in an unchanged file that was flaky on the base is not",
    { base: onBase(passing, { flaky: [adds] }), current: now(passing), failedEarlier: [adds] },
    [],
  ],
  [
    "that earlier failures are no longer remembered is told",
    { base: onBase(passing), current: now(passing), failedEarlier: [], failuresForgotten: 3 },
    ["flaky: 3 earlier runs with failures were not compared"],
  ],
])("%s, and blocks nothing", (_, evidence, found) => {
  const outcome = judge("all_tests_pass", { changes: [], sinceBase: [], paths: [file], evidence });
  expect(outcome.passed).toBe(true);
  expect(outcome.findings?.map(({ name, message }) => `${name}: ${message}`)).toEqual(found);
});
