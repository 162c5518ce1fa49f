import type { Canary } from "@phasegate/wire";
import { expect, test } from "vitest";
import { changed, judge } from "./testing/check-case.ts";
import { atRed, now, onBase } from "./testing/run-case.ts";

const old = { "test/old.test.ts": { adds: "passed" } } as const;
const base = onBase(old);
const red = { ...old, "test/new.test.ts": { divides: "failed" } } as const;
const changes = [changed("test/new.test.ts", "added")];
const paths = ["test/old.test.ts"];

const outcome = (check: string, canary: Canary) => {
  const evidence = { base, red: atRed(red, { canary }), current: now(old, { canary }) };
  return judge(check, { phase: "TDD", changes, sinceBase: changes, paths, evidence });
};

test.each(["tests_are_failing", "all_tests_pass", "tests_passed"])(
  "%s believes a run only where tests that must fail did, or none could be run",
  (check) => {
    expect(outcome(check, { outcome: "failed_as_it_must", seen: null }).passed).toBe(true);
    expect(outcome(check, { outcome: "not_applicable", seen: "no template" }).passed).toBe(true);
    for (const bad of ["passed", "missing"] as const) {
      expect(outcome(check, { outcome: bad, seen: "`throw` in `test/old.test.ts`" })).toMatchObject({
        passed: false,
        message: "the results of this run are not believed: `throw` in `test/old.test.ts`",
      });
    }
  },
);
