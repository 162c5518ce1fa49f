// `npm run check`: everything that CI runs. `--no-tests` leaves the tests out, for who has just run them.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { delimiter, dirname } from "node:path";
import { prepare } from "./bootstrap/prepare.mjs";
import { packagedNode, root } from "./bootstrap/paths.mjs";

/** Two at once, in this order: most of them use one processor. The tests come behind all others, alone. */
const atOnce = 2;
const steps = [
  { name: "format", args: ["node_modules/prettier/bin/prettier.cjs", "--check", "--log-level=warn", "."] },
  { name: "types", args: ["node_modules/typescript/bin/tsc", "-b"] },
  { name: "lint", args: ["node_modules/oxlint/bin/oxlint", "--type-aware", "--deny-warnings"] },
  { name: "unused", args: ["node_modules/knip/bin/knip.js", "--no-progress"] },
  { name: "length", args: ["scripts/check-length.mjs"] },
  { name: "docs", args: ["scripts/reference.ts", "--check"] },
];
const tests = { name: "tests", args: ["node_modules/vitest/vitest.mjs", "run"] };

const unknown = process.argv.slice(2).filter((argument) => argument !== "--no-tests");
if (unknown.length > 0) {
  console.error(`usage: npm run check -- [--no-tests]; unknown: ${unknown.join(" ")}`);
  process.exit(2);
}
if (!(await prepare())) process.exit(1);

const results = await runSteps(steps);
if (!process.argv.includes("--no-tests")) results.push(await run(tests));
const failures = results.filter((result) => !result.passed);
for (const { name, output } of failures) console.error(`\n--- ${name} ---\n${output.trim()}`);
console.log(
  failures.length === 0
    ? `\nall ${results.length} checks passed`
    : `\n${failures.length} of ${results.length} checks failed: ${failures.map(({ name }) => name).join(", ")}`,
);
process.exitCode = failures.length === 0 ? 0 : 1;

/** Results in the order of the steps. */
async function runSteps(steps) {
  const results = [];
  const open = [...steps.entries()];
  const work = async () => {
    for (let next = open.shift(); next !== undefined; next = open.shift()) results[next[0]] = await run(next[1]);
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return results;
}

async function run({ name, args }) {
  const began = performance.now();
  const child = spawn(packagedNode, args, {
    cwd: root,
    env: { ...process.env, PATH: dirname(packagedNode) + delimiter + (process.env.PATH ?? "") },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => (output += text));
  let passed = false;
  try {
    passed = (await once(child, "close"))[0] === 0;
  } catch (error) {
    output += String(error);
  }
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  console.log(`${passed ? "ok    " : "FAILED"} ${name.padEnd(8)} ${seconds.padStart(6)} s`);
  return { name, passed, output };
}
