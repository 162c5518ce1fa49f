import { writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { SharedRunner, Workbench } from "../testing/fixture.ts";
import { changed, openEvidenceBenchOn, openEvidenceRunner, outcomesOf, testsOf } from "./evidence.fixture.ts";

const passing = '<testsuites><testsuite name="s"><testcase name="t"/></testsuite></testsuites>';
const failing =
  '<testsuites><testsuite name="s"><testcase name="t"><failure message="no"/></testcase></testsuite></testsuites>';
const bomb = '<!DOCTYPE t [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;&a;">]><testsuites>&b;</testsuites>';

let shared: SharedRunner;
beforeAll(async () => {
  shared = await openEvidenceRunner();
});
afterAll(() => shared[Symbol.asyncDispose]());

describe("a test script that reports at {report}", () => {
  let bench: Workbench;
  beforeAll(async () => {
    const tests = { command: "sh run.sh {report}", format: "junit", retries: 0, timeout_seconds: 2 };
    bench = await openEvidenceBenchOn(shared, { "run.sh": `printf '%s' '${passing}' > "$1"\n` }, tests);
  });
  afterAll(() => bench[Symbol.asyncDispose]());

  const scripts: readonly (readonly [string, string, string])[] = [
    ["tells the truth", `printf '%s' '${passing}' > "$1"`, "completed"],
    ["fails and says so", `printf '%s' '${failing}' > "$1"; exit 1`, "completed"],
    ["prints success and writes nothing", "echo '12 passed, 0 failed'", "no_report"],
    ["fails and writes nothing", "exit 1", "no_report"],
    ["exits 0 over a failure", `printf '%s' '${failing}' > "$1"`, "contradiction"],
    ["exits 1 over passes", `printf '%s' '${passing}' > "$1"; exit 1`, "contradiction"],
    ["loses the end of its report", `printf '%s' '<testsuites><testsuite name="s">' > "$1"`, "report_invalid"],
    ["writes an entity bomb", `printf '%s' '${bomb}' > "$1"`, "report_invalid"],
    ["writes something else", 'echo "TAP version 13" > "$1"', "report_invalid"],
    ["writes too much", 'head -c 17000000 /dev/zero > "$1"', "report_invalid"],
    ["reports by a FIFO", 'mkfifo "$1"', "report_invalid"],
    ["reports by a directory", 'mkdir "$1"', "report_invalid"],
    ["writes its report after it has ended", `(sleep 1; printf '%s' '${passing}' > "$1") & exit 0`, "no_report"],
    ["never ends", "sleep 600", "timed_out"],
  ];
  it.each(scripts)("%s", async (_, script, status) => {
    const run = await testsOf(bench, await changed(bench, { "run.sh": `${script}\n` }));
    expect(run.status).toBe(status);
    if (status !== "completed" && status !== "contradiction") expect(run.cases).toEqual([]);
  });

  it("a link to a report on the server's side of the sandbox is not followed", async () => {
    const file = path.join(bench.dataDir, "passing.xml");
    writeFileSync(file, passing);
    const run = await testsOf(bench, await changed(bench, { "run.sh": `ln -s ${file} "$1"\n` }));
    expect([run.status, run.cases]).toEqual(["report_invalid", []]);
  });

  it("a large report is read as a small one is", async () => {
    const script = [
      "{ printf '<testsuites><testsuite name=\"s\">'",
      "seq 20000 | sed 's/.*/<testcase name=\"t&\"\\/>/'",
      "printf '</testsuite></testsuites>'; } > \"$1\"",
    ].join("\n");
    const run = await testsOf(bench, await changed(bench, { "run.sh": `${script}\n` }));
    expect([run.status, run.cases.length, run.cases[19_999]?.identity]).toEqual(["completed", 20_000, "s > t20000"]);
  });

  it("the tree says which script ran: another one in it is another tree, and leaves the base as it was", async () => {
    const forged = await changed(bench, { "run.sh": `printf '%s' '${passing}' > "$1"; echo forged\n` });
    const [base, run] = [await testsOf(bench), await testsOf(bench, forged)];
    expect([run.tree === base.tree, run.output, base.output]).toEqual([false, "forged", ""]);
  });
});

describe("a report inside the checkout", () => {
  let bench: Workbench;
  beforeAll(async () => {
    bench = await openEvidenceBenchOn(
      shared,
      {
        "run.sh": "true\n",
        "out/report.xml": passing,
        "src/a.js": "a\nb\n",
        "coverage/lcov.info": "SF:src/a.js\nDA:1,1\nDA:2,1\nend_of_record\n",
      },
      { command: "sh run.sh", format: "junit", report: "out/report.xml", retries: 0 },
      { coverage: { format: "lcov", report: "coverage/lcov.info", minimum: 80 } },
    );
  });
  afterAll(() => bench[Symbol.asyncDispose]());

  it("one that was there before the run is none", async () => {
    const run = await testsOf(bench);
    expect([run.status, run.cases, run.coverage]).toEqual(["no_report", [], null]);
  });

  it("one that the agent wrote into its workspace is none", async () => {
    const edited = await changed(bench, { "out/report.xml": failing });
    expect((await testsOf(bench, edited)).status).toBe("no_report");
  });

  it("one that the run wrote is read, its coverage too", async () => {
    const lcov = "SF:src/a.js\\nDA:1,2\\nDA:2,0\\nend_of_record\\n";
    const script = `mkdir -p out coverage; printf '%s' '${passing}' > out/report.xml; printf '${lcov}' > coverage/lcov.info\n`;
    const run = await testsOf(bench, await changed(bench, { "run.sh": script }));
    expect([run.status, outcomesOf(run)]).toEqual(["completed", ["passed: s > t"]]);
    expect(run.coverage).toEqual({ files: { "src/a.js": { covered: [1], uncovered: [2] } }, percent: 50 });
  });
});
