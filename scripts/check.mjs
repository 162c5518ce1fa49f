// `npm run check`: everything that CI runs. `--no-tests` leaves the tests out, for who has just run them.
import { spawnSync } from "node:child_process";
import { delimiter, dirname } from "node:path";
import { prepare } from "./bootstrap/prepare.mjs";
import { packagedNode, root } from "./bootstrap/paths.mjs";

const steps = [
  { name: "format", args: ["node_modules/prettier/bin/prettier.cjs", "--check", "--log-level=warn", "."] },
  { name: "types", args: ["node_modules/typescript/bin/tsc", "-b"] },
  { name: "lint", args: ["node_modules/oxlint/bin/oxlint", "--type-aware", "--deny-warnings"] },
  { name: "unused", args: ["node_modules/knip/bin/knip.js", "--no-progress"] },
  { name: "length", args: ["scripts/check-length.mjs"] },
  { name: "docs", args: ["scripts/reference.ts", "--check"] },
  { name: "tests", args: ["node_modules/vitest/vitest.mjs", "run"] },
];

const unknown = process.argv.slice(2).filter((argument) => argument !== "--no-tests");
if (unknown.length > 0) {
  console.error(`usage: npm run check -- [--no-tests]; unknown: ${unknown.join(" ")}`);
  process.exit(2);
}
if (!(await prepare())) process.exit(1);

const wanted = steps.filter((step) => step.name !== "tests" || !process.argv.includes("--no-tests"));
const failures = wanted.map(run).filter((result) => !result.passed);
for (const { name, output } of failures) console.error(`\n--- ${name} ---\n${output.trim()}`);
console.log(
  failures.length === 0
    ? `\nall ${wanted.length} checks passed`
    : `\n${failures.length} of ${wanted.length} checks failed: ${failures.map(({ name }) => name).join(", ")}`,
);
process.exitCode = failures.length === 0 ? 0 : 1;

function run({ name, args }) {
  const began = performance.now();
  const ran = spawnSync(packagedNode, args, {
    cwd: root,
    env: { ...process.env, PATH: dirname(packagedNode) + delimiter + (process.env.PATH ?? "") },
    stdio: ["ignore", "pipe", "pipe"],
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  const passed = ran.status === 0;
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  console.log(`${passed ? "ok    " : "FAILED"} ${name.padEnd(8)} ${seconds.padStart(6)} s`);
  return { name, passed, output: `${ran.stdout ?? ""}${ran.stderr ?? ""}${ran.error ? String(ran.error) : ""}` };
}
