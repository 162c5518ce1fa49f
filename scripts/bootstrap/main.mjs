import { performance } from "node:perf_hooks";
import { prepare } from "./prepare.mjs";
import { runJob } from "./job.mjs";

/** What each command runs once everything is there, relative to the root of the repository. */
const jobs = {
  test: ["node_modules/vitest/vitest.mjs", "run"],
  start: ["packages/cli/bin/phasegate.mjs", "serve"],
  demo: ["packages/cli/bin/phasegate.mjs", "demo"],
};

/**
 * Prepares the machine, then runs the job on the packaged Node and answers its exit code.
 * `--verbose` before the job's own arguments says how long the preparation took.
 */
async function bootstrap(argv) {
  const [name, ...rest] = argv;
  if (!Object.hasOwn(jobs, name ?? "")) {
    console.error("usage: node scripts/bootstrap.mjs demo|start|test [--verbose] [arguments of the job]");
    return 2;
  }
  const verbose = rest[0] === "--verbose";
  const began = performance.now();
  if (!(await prepare())) return 1;
  if (verbose) console.log(`phasegate: ready after ${Math.round(performance.now() - began)} ms`);
  return runJob([...jobs[name], ...(verbose ? rest.slice(1) : rest)]);
}

process.exitCode = await bootstrap(process.argv.slice(2));
