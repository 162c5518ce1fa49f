import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { PhasegateError } from "@phasegate/wire";
import { expect, test } from "vitest";
import { openWorkbench, RecordingJudges } from "../testing/fixture.ts";

test("putting files back beside a swapping process changes nothing outside", async () => {
  const outside = mkdtempSync(path.join(tmpdir(), "phasegate-outside-"));
  mkdirSync(path.join(outside, "deep"));
  for (const name of ["a.ts", "deep/b.ts"]) writeFileSync(path.join(outside, name), "outside");
  await using bench = await openWorkbench(
    { "src/sub/a.ts": "a", "src/sub/deep/b.ts": "b" },
    { write: ["src/**", "spare/**"] },
  );
  mkdirSync(path.join(bench.workspace, "spare"));
  const script = `$| = 1; print "begun\\n"; while (1) {
    rename "src/sub", "spare/sub"; symlink $ARGV[0], "src/sub"; select undef, undef, undef, 0.002;
    unlink "src/sub"; rename "spare/sub", "src/sub"; select undef, undef, undef, 0.002;
  }`;
  const swapper = spawn("perl", ["-e", script, outside], { cwd: bench.workspace, stdio: ["ignore", "pipe", "ignore"] });
  const ended = once(swapper, "exit");
  const codes = new Set<string>();
  try {
    await once(swapper.stdout, "data");
    for (let round = 0; round < 25; round += 1) {
      try {
        const call = bench.call("restore_files", { paths: ["src"] });
        const { outcome } = await bench.runner.act(call, new RecordingJudges());
        codes.add(outcome.status === "failed" ? outcome.code : outcome.status);
      } catch (error) {
        codes.add(error instanceof PhasegateError ? error.code : "unknown");
      }
    }
  } finally {
    swapper.kill("SIGKILL");
    await ended;
  }
  expect([...codes]).toContain("completed");
  expect(["internal_error", "unknown"].filter((code) => codes.has(code))).toEqual([]);
  expect(readdirSync(outside, { recursive: true, encoding: "utf8" }).sort()).toEqual(["a.ts", "deep", "deep/b.ts"]);
  for (const name of ["a.ts", "deep/b.ts"]) {
    expect(readFileSync(path.join(outside, name), "utf8")).toBe("outside");
    expect(statSync(path.join(outside, name)).mode & 0o777).toBe(0o644);
  }
  rmSync(outside, { recursive: true });
});
