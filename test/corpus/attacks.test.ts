import { beforeAll, describe, expect, test } from "vitest";
import { loadAttacks } from "../../packages/cli/src/demo/load-attacks.ts";
import { failuresOf, runDemo, type DemoReport } from "../../packages/cli/src/demo/run-demo.ts";
import { silentListener } from "../harness/demo.ts";

// Every case against one real server, each at its place on the way of one task, at the level that this machine gives.
const attacks = loadAttacks();
let report: DemoReport;
beforeAll(async () => {
  report = await runDemo({ env: process.env, attacks, listener: silentListener });
}, 180_000);

describe.each([...new Set(attacks.map((attack) => attack.class))].toSorted())("%s", (name) => {
  test.each(attacks.filter((attack) => attack.class === name))("$name", (attack) => {
    const result = report.results.find((one) => one.attack === attack);
    expect(result).toMatchObject({
      outcome: result?.outcome === "beyond" ? "beyond" : (attack.outcome ?? "stopped"),
      seen: expect.any(String),
    });
  });
});

test("between them the honest way was open to its end, and the ledger verifies", () => {
  expect(failuresOf(report, null)).toEqual([]);
  expect(report).toMatchObject({ taskStatus: "completed", failure: null, audit: { ok: true } });
});

test("only what needs the sandbox may be beyond this machine's level", () => {
  const beyond = report.results.filter(({ outcome }) => outcome === "beyond").map(({ attack }) => attack);
  expect(beyond).toEqual(report.assurance === "sandboxed" ? [] : attacks.filter(({ level }) => level === "sandboxed"));
});

test.each(["A", "C", "D", "E", "F"])("class %s is tried in more than ten ways", (letter) => {
  expect(attacks.filter((attack) => attack.class.startsWith(letter)).length).toBeGreaterThan(10);
});
