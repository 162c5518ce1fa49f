import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { openRunner, type ActJudges } from "@phasegate/runner";
import { compileWorkflow, loadWorkflow } from "@phasegate/workflow";
import type { JsonObject, TaskId } from "@phasegate/wire";
import { makeRepository, temporaryDirectory } from "../../test/harness/repository.ts";
import { benchWorkflow } from "../setup.ts";
import { rowOf } from "../table.ts";
import type { Row } from "../table.ts";
import type { Effort } from "./http.ts";

const distrustMs = 2500;

/** The difference of one change, a whole call that makes one, and the full digest, of a workspace of many files, against git doing the like. */
export async function measureTree(effort: Effort): Promise<Row[]> {
  const { path, remove } = temporaryDirectory("bench-tree");
  const files: Record<string, string> = { "agent_workflow.yaml": benchWorkflow };
  for (let index = 0; index < effort.files; index += 1) {
    files[`src/${index % 100}/file-${index}.txt`] = `${index}\n`.repeat(40);
  }
  const repository = makeRepository(join(path, "repository"), files);
  const runner = await openRunner({
    dataDir: join(path, "data"),
    workspacesDir: null,
    sandbox: "auto",
    environment: { PATH: process.env["PATH"] },
  });
  try {
    const loaded = loadWorkflow({ file: "agent_workflow.yaml", text: benchWorkflow, resolve: () => null });
    if (!loaded.ok) throw new Error("the workflow of the bench does not load");
    const workflow = compileWorkflow(loaded.stored);
    const base = await runner.resolveBase({ repository, ref: null, workflow });
    const task = { taskId: "task_bench" as TaskId, repository, base, workflow };
    const workspace = await runner.openWorkspace(task);
    const keep = { contentsNeeded: () => [], changedOutside: () => Promise.resolve("none" as const) };
    let change = 0;
    const act = (judges: ActJudges, args: JsonObject) =>
      runner.act(
        {
          task,
          epoch: 1,
          toolName: "write_files",
          args,
          on: "workspace",
          network: "none",
          timeoutSeconds: 60,
          entryTree: base.tree,
          baseTree: base.tree,
          signal: AbortSignal.timeout(60_000),
        },
        judges,
      );
    const observed = () => Promise.resolve("none" as const);
    const callWithOneChange = async (): Promise<void> => {
      change += 1;
      await act({ ...keep, observed }, { path: "src/1/file-1.txt", content: `${change}\n` });
    };
    /** From the change to the judge being asked about it: what comes after is the call's own. */
    const difference = async (): Promise<number> => {
      change += 1;
      const started = performance.now();
      writeFileSync(join(workspace.path, "src/2/file-2.txt"), `${change}\n`);
      let ended = Number.NaN;
      const changedOutside = () => {
        ended = performance.now();
        return Promise.resolve("none" as const);
      };
      await act({ ...keep, observed, changedOutside }, { path: "src/1/file-1.txt", content: "same\n" });
      return ended - started;
    };
    const fullDigest = (): Promise<unknown> =>
      runner.withTree({ task, epoch: 1, compareWith: [], ...keep }, (facts) => Promise.resolve(facts.digest));
    const gitStatus = (): void => {
      change += 1;
      writeFileSync(join(workspace.path, "src/2/file-2.txt"), `${change}\n`);
      execFileSync("git", ["status", "--porcelain"], { cwd: workspace.path });
    };
    const names = Object.keys(files).join("\n");
    const hashObjects = (): void => {
      execFileSync("git", ["hash-object", "--no-filters", "--stdin-paths"], {
        cwd: workspace.path,
        input: names,
        maxBuffer: 64 * 1024 * 1024,
      });
    };
    const target = { kind: "most", ratio: 1.5 } as const;
    // Files that changed within two seconds before they were read are read again, by git as well: let that pass.
    if (effort.rounds > 1) await setTimeout(distrustMs);
    return [
      await compare(
        { what: `diff of one change, ${effort.files} files`, yardstick: "git status", unit: "ms", target },
        difference,
        () => milliseconds(gitStatus),
        effort.rounds,
      ),
      await compare(
        {
          what: `whole call with one change, ${effort.files} files`,
          yardstick: "git status",
          unit: "ms",
          target: null,
        },
        () => milliseconds(callWithOneChange),
        () => milliseconds(gitStatus),
        effort.rounds,
      ),
      await compare(
        { what: `full digest, ${effort.files} files`, yardstick: "git hash-object of each", unit: "ms", target },
        () => milliseconds(fullDigest),
        () => milliseconds(hashObjects),
        effort.rounds,
      ),
    ];
  } finally {
    await runner.close();
    remove();
  }
}

/** Both sides answer their own milliseconds. */
async function compare(
  named: Pick<Row, "what" | "yardstick" | "unit" | "target">,
  product: () => Promise<number>,
  reference: () => Promise<number>,
  rounds: number,
): Promise<Row> {
  for (let round = 0; round < Math.min(3, rounds); round += 1) await product();
  await reference();
  const measured: { product: number; reference: number }[] = [];
  for (let round = 0; round < Math.max(3, 3 * rounds); round += 1) {
    measured.push({ product: await product(), reference: await reference() });
  }
  return rowOf(named, measured);
}

async function milliseconds(run: () => unknown): Promise<number> {
  const started = performance.now();
  await run();
  return performance.now() - started;
}
