// Reads vitest's JSON report and ends with `N passed, N failed, N skipped`. Exit code 0 only if tests ran and all passed.
import { readFileSync } from "node:fs";
import { countTests } from "./test-counts.mjs";

const [file] = process.argv.slice(2);
let counts = { passed: 0, failed: 0, skipped: 0 };
try {
  counts = countTests(JSON.parse(readFileSync(file, "utf8")));
} catch (error) {
  console.error(`no test report: ${error.message}`);
}
console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
process.exitCode = counts.failed === 0 && counts.passed > 0 ? 0 : 1;
