import type { TestOutcome } from "@phasegate/wire";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { changed, judge } from "../checks/testing/check-case.ts";
import { atRed, now, onBase, redAgain, redFile, redTest, type RunFiles } from "../checks/testing/run-case.ts";

type Tests = Record<string, TestOutcome>;

const outcome = fc.constantFrom<TestOutcome>("passed", "passed", "failed", "skipped", "todo");
const names = fc.constantFrom("adds", "parses", "rounds", "divides", "empty name", "__proto__");
const tests = fc.dictionary(names, outcome, { minKeys: 1, maxKeys: 5 });
const oldFiles = fc.dictionary(fc.constantFrom("test/a.test.ts", "test/b.test.ts", "test/c.test.ts", ""), tests, {
  minKeys: 1,
});
const newFile = "test/new.test.ts";
const changes = [changed(newFile, "added"), changed("src/a.ts", "added")];

const reds = [redTest(newFile, "is red")];

const green = (base: RunFiles, current: RunFiles, more: { readonly artifact?: string } = {}) =>
  judge("all_tests_pass", {
    changes: [],
    sinceBase: changes,
    ...(more.artifact === undefined ? {} : { artifacts: { removed_tests: [more.artifact] } }),
    evidence: { base: onBase(base), redIdentities: reds, redAgain: redAgain(reds), current: now(current) },
  }).passed;

const withRed = (files: RunFiles): RunFiles => ({ ...files, [newFile]: { "is red": "passed" } });

/** A base with one of its passing tests picked out. */
const picked = oldFiles.chain((files) => {
  const passing = Object.entries(files).flatMap(([file, cases]) =>
    Object.entries(cases).flatMap(([name, state]) => (state === "passed" ? [[file, name] as const] : [])),
  );
  return passing.length === 0
    ? fc.constant(null)
    : fc.record({ files: fc.constant(files), test: fc.constantFrom(...passing) });
});

test("a run that repeats the base is always green", () => {
  fc.assert(
    fc.property(oldFiles, (files) => {
      expect(green(files, withRed(files))).toBe(true);
    }),
  );
});

test("removing, failing or skipping any test that passed on the base always blocks green", () => {
  fc.assert(
    fc.property(picked, fc.constantFrom<TestOutcome | null>(null, "failed", "skipped", "todo"), (pick, fate) => {
      if (!pick) return;
      const [file, name] = pick.test;
      const cases: Tests = { ...pick.files[file] };
      if (fate === null) delete cases[name];
      else Object.defineProperty(cases, name, { value: fate, enumerable: true });
      const current = withRed({ ...pick.files, [file]: cases });
      expect(green(pick.files, current)).toBe(false);
      // Only a test that is gone can be given up.
      expect(green(pick.files, current, { artifact: file === "" ? name : `${file} > ${name}` })).toBe(fate === null);
    }),
  );
});

test("adding unrelated tests that pass never blocks green", () => {
  fc.assert(
    fc.property(oldFiles, fc.uniqueArray(names, { minLength: 1 }), (files, added) => {
      const more = Object.fromEntries(added.map((name) => [name, "passed" as const]));
      expect(green(files, { ...withRed(files), "test/more.test.ts": more })).toBe(true);
    }),
  );
});

test("no run makes up for a red file that does not load", () => {
  fc.assert(
    fc.property(
      oldFiles,
      fc.constantFrom("in_test" as const, "outside" as const, "unclassified" as const),
      (files, cause) => {
        const evidence = {
          base: onBase(files),
          redIdentities: [redFile(newFile)],
          current: now({ ...files, [newFile]: cause }),
        };
        expect(judge("all_tests_pass", { changes: [], sinceBase: changes, evidence }).passed).toBe(false);
      },
    ),
  );
});

test("red never comes from failures in unchanged files", () => {
  fc.assert(
    fc.property(oldFiles, oldFiles, (base, red) => {
      const named = Object.fromEntries(Object.entries(red).filter(([file]) => file !== ""));
      const evidence = { base: onBase(base), red: atRed(named) };
      expect(judge("tests_are_failing", { phase: "TDD", changes: [], sinceBase: changes, evidence }).passed).toBe(
        false,
      );
    }),
  );
});
