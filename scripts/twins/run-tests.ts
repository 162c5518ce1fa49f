import { spawn } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { packagedNode } from "../bootstrap/paths.mjs";

export interface TestOutcome {
  /** Path in the tree. */
  readonly file: string;
  /** Titles of the blocks around it and its own. */
  readonly name: string;
  readonly status: "passed" | "failed";
}

export interface TestRequest {
  /** The tree to run in. */
  readonly tree: string;
  readonly files: readonly string[];
  /** Part of the names of the tests to run; all of the files when left out. */
  readonly named?: string;
  readonly limitMs: number;
  /** How long one test may take; what the tree's own settings say when left out. */
  readonly testLimitMs?: number;
}

interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
  }[];
}

/** What became of each test that ran to its end; null when the run left no report in time. */
export async function runTests(request: TestRequest): Promise<readonly TestOutcome[] | null> {
  const { tree, files, named } = request;
  const report = join(tree, "twins-report.json");
  rmSync(report, { force: true });
  const selection = named === undefined ? [] : ["--testNamePattern", literally(named)];
  await ended(request, ["--reporter=json", `--outputFile=${report}`, ...selection, ...files]);
  const { testResults } = read(report) ?? { testResults: null };
  return (
    testResults?.flatMap(({ name, assertionResults }) =>
      assertionResults.flatMap(({ fullName, status }) =>
        status === "passed" || status === "failed"
          ? [{ file: name.slice(tree.length + 1), name: fullName, status } as const]
          : [],
      ),
    ) ?? null
  );
}

function ended({ tree, limitMs, testLimitMs }: TestRequest, options: readonly string[]): Promise<void> {
  const vitest = join(tree, "node_modules/vitest/vitest.mjs");
  const limit = testLimitMs === undefined ? {} : { PHASEGATE_TEST_TIMEOUT_MS: String(testLimitMs) };
  const env = { ...process.env, ...limit };
  const child = spawn(packagedNode, [vitest, "run", ...options], { cwd: tree, env, stdio: "ignore", detached: true });
  return new Promise((resolve, reject) => {
    const ending = setTimeout(() => endGroup(child.pid), limitMs);
    child.on("error", reject);
    child.on("close", () => {
      clearTimeout(ending);
      endGroup(child.pid);
      resolve();
    });
  });
}

/** Ends a run with whatever its tests left behind in its process group. */
function endGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, "SIGKILL");
  } catch {
    // All of it has ended.
  }
}

function read(path: string): Report | null {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as Report;
  } catch {
    return null;
  }
}

function literally(name: string): string {
  return name.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}
