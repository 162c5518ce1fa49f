import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { openWorkbench, sampleWorkflow } from "../testing/fixture.ts";
import { Spawner } from "../spawner/spawner.ts";
import { Git } from "./git.ts";
import { execFileSync } from "node:child_process";

const workflow = sampleWorkflow({ write: ["src/**"] });

test("a base is a branch, a tag or a commit, and without a name the current branch", async () => {
  await using bench = await openWorkbench({ "src/a.ts": "a" }, { write: ["src/**"] });
  const first = bench.base.commit;
  expect(bench.base.ref).toBe("main");
  bench.repository.git("tag", "v1");
  const second = bench.repository.commit({ "src/b.ts": "b" });
  const { directory: repository } = bench.repository;
  expect(await bench.runner.resolveBase({ repository, ref: null, workflow })).toMatchObject({
    ref: "main",
    commit: second,
  });
  expect(await bench.runner.resolveBase({ repository, ref: "v1", workflow })).toMatchObject({
    ref: "v1",
    commit: first,
  });
  expect(await bench.runner.resolveBase({ repository, ref: first, workflow })).toMatchObject({ commit: first });
});

test("a base that is not there is named", async () => {
  await using bench = await openWorkbench({ "src/a.ts": "a" }, { write: ["src/**"] });
  const refused = async (repository: string, ref: string | null) => {
    const error: unknown = await bench.runner
      .resolveBase({ repository, ref, workflow })
      .catch((error: unknown) => error);
    expect(error).toMatchObject({ code: "workspace_unavailable" });
    return error instanceof Error ? error.message : "";
  };
  expect(await refused(bench.repository.directory, "nowhere")).toContain("no commit under `nowhere`");
  expect(await refused(bench.repository.directory, "--all")).toContain("no commit under `--all`");
  expect(await refused("/nowhere/at/all", null)).toBe("repository `/nowhere/at/all` was not found");
  const empty = mkdtempSync(path.join(tmpdir(), "phasegate-empty-"));
  expect(await refused(empty, null)).toContain("is no git repository");
  execFileSync("git", ["init", "--quiet", empty]);
  expect(await refused(empty, null)).toContain("has no commits yet");
  rmSync(empty, { recursive: true });
});

test("a machine without git is told what to install", async () => {
  const directory = mkdtempSync(path.join(tmpdir(), "phasegate-git-"));
  const spawner = await Spawner.open({ pipesDirectory: path.join(directory, "pipes") });
  await expect(Git.open({ directory, searchPath: "/nowhere", spawner })).rejects.toMatchObject({
    code: "workspace_unavailable",
    message: "git could not be started",
    extras: { hint: expect.stringContaining("install git") as string },
  });
  await spawner.close();
  rmSync(directory, { recursive: true });
});
