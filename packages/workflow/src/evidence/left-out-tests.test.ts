import { digestBytes, type EvidenceFacts, type TestRun, type TreeDigest } from "@phasegate/wire";
import { expect, test } from "vitest";
import { changed, judge } from "../checks/testing/check-case.ts";
import { now, onBase, type RunFiles } from "../checks/testing/run-case.ts";
import { filesThatStopOthers } from "./base-tests.ts";

const [scale, median] = ["test/scale.rs", "test/median.rs"];
const files: RunFiles = { [scale]: { to_kelvin: "passed", to_reaumur: "passed" }, [median]: { even: "passed" } };
const base = onBase(files);
const laidTree = digestBytes("base tests") as TreeDigest;
const laid = (ran: RunFiles, more: Partial<TestRun> = {}): TestRun => onBase(ran, { tree: laidTree, ...more });
const leftOut = [{ file: scale, message: "error[E0432]: unresolved import", cause: "outside" }] as const;

function check(evidence: Partial<EvidenceFacts>, removed?: readonly string[]) {
  return judge("base_tests_pass", {
    paths: [scale, median],
    changes: [changed("src/lib.rs"), changed(scale)],
    ...(removed && { artifacts: { removed_tests: [...removed] } }),
    evidence: { base, redIdentities: [], ...evidence },
  });
}

test("a test file of the base that does not load and keeps others from running is left out of the run, others never", () => {
  const stopping = (run: TestRun, include = (path: string): boolean => path.startsWith("test/")) =>
    filesThatStopOthers({ base, baseTests: run }, include).map(({ file }) => file);
  const stopped = laid({ [scale]: "outside", "src/lib.rs": "outside" }, { stoppedEarly: true });
  expect(stopping(stopped)).toEqual([scale]);
  expect(stopping(stopped, () => false)).toEqual([]);
  expect(stopping(laid({ [scale]: "outside", [median]: { even: "passed" } }))).toEqual([]);
  expect(stopping(laid({ "test/new.rs": "outside" }, { stoppedEarly: true }))).toEqual([]);
  expect(stopping(laid({ [scale]: "outside" }, { status: "timed_out" }))).toEqual([]);
});

test("a file that was left out is refused by name and alone, and the others are judged", () => {
  const rest = laid({ [median]: { even: "passed" } });
  const outcome = check({ baseTests: rest, baseTestsLeftOut: leftOut });
  expect(outcome).toMatchObject({
    passed: false,
    message: `tests of the base, as the base has them, on this product: do not load: \`${scale}\`, of which the first says \`error[E0432]: unresolved import\`; this task changed of their files \`${scale}\``,
  });
  expect(check({ baseTests: rest }).passed).toBe(false);
  const failing = check({ baseTests: laid({ [median]: { even: "failed" } }), baseTestsLeftOut: leftOut }, [scale]);
  expect(failing.passed || failing.message).toContain(`: fail: \`${median} > even\``);
});

test("one entry gives up a file that does not load as the base has it, and approvers see what of it passes still", () => {
  const current = now({ [scale]: { to_kelvin: "passed" }, [median]: { even: "passed" } });
  const evidence = { current, baseTests: laid({ [scale]: "outside", [median]: { even: "passed" } }) };
  const refused = check(evidence);
  expect(refused.passed || refused.hint).toContain(`written as it is here: \`["${scale}"]\``);
  expect(check(evidence, [scale])).toMatchObject({
    passed: true,
    findings: [
      {
        name: "removed_tests",
        severity: "warning",
        message: `as the base has them these files do not load on this product, and are given up: \`${scale} (2 tests, 1 passing as this task has them)\``,
      },
    ],
  });
  const loads = laid({ [scale]: { to_kelvin: "failed", to_reaumur: "passed" }, [median]: { even: "passed" } });
  expect(check({ current, baseTests: loads }, [scale]).passed).toBe(false);
});

test("tests that did not run since the run stopped are not said to have failed", () => {
  const stopped = laid({ "test/new.rs": "outside" }, { stoppedEarly: true });
  const names = [`${scale} > to_kelvin`, `${scale} > to_reaumur`, `${median} > even`, "test/new.rs"];
  expect(check({ baseTests: stopped }, names).findings).toMatchObject([
    { message: expect.stringContaining("nothing is known of them on this product (the run stopped before them)") },
  ]);
});
