import type { JsonObject } from "@phasegate/wire";
import type { evidencePresetNames } from "../format/file-schema.ts";
import { type Located, member, numberOf, textOf, toJson } from "../reading/located.ts";
import type { NormalizeContext } from "./context.ts";

type PresetName = (typeof evidencePresetNames)[number];

/** `{report}` stands for the path that the runner chose for the report, outside the checkout. */
const presets: Readonly<Record<PresetName, { readonly command: string | null; readonly format: string }>> = {
  vitest: {
    command: "npx vitest run --reporter=default --reporter=junit --outputFile.junit={report}",
    format: "junit",
  },
  jest: { command: "npx jest --json --outputFile={report}", format: "jest-json" },
  // The JUnit report does not say why a file did not load; the other one prints it.
  node: {
    command:
      "node --test --test-reporter=spec --test-reporter-destination=stdout" +
      " --test-reporter=junit --test-reporter-destination={report}",
    format: "junit",
  },
  pytest: { command: "python3 -m pytest --continue-on-collection-errors --junitxml={report}", format: "junit" },
  unittest: { command: "python3 -m unittest -v", format: "unittest" },
  go: { command: "go test -json ./...", format: "go-json" },
  cargo: { command: "cargo test --no-fail-fast", format: "cargo" },
  tap: { command: null, format: "tap" },
  junit: { command: null, format: "junit" },
  "exit-code": { command: null, format: "exit-code" },
};

/**
 * The vitest command where the workflow asks for coverage: LCOV at the default place, also of a run with failures,
 * since one of them may turn out as flaky.
 */
const vitestWithCoverage =
  "npx vitest run --coverage.enabled=true --coverage.reporter=lcovonly --coverage.reportOnFailure=true" +
  " --reporter=default --reporter=junit --outputFile.junit={report}";

/** The `evidence` section, presets written out; null when the file has none. */
export function normalizeEvidence(context: NormalizeContext): JsonObject | null {
  const node = member(context.root, "evidence");
  if (!node) return null;
  const tests = member(node, "tests");
  const coverage = member(node, "coverage");
  return {
    ...(tests ? { tests: normalizeTests(context, tests, coverage !== undefined) } : {}),
    ...(coverage ? { coverage: normalizeCoverage(coverage) } : {}),
  };
}

function normalizeTests(context: NormalizeContext, node: Located, wantsCoverage: boolean): JsonObject {
  const presetName = textOf(member(node, "preset"));
  const preset = presetName !== null && Object.hasOwn(presets, presetName) ? presets[presetName as PresetName] : null;
  const presetCommand = presetName === "vitest" && wantsCoverage ? vitestWithCoverage : (preset?.command ?? null);
  const command = textOf(member(node, "command")) ?? presetCommand;
  const isUnknownPreset = presetName !== null && preset === null;
  if (command === null && !isUnknownPreset) {
    const hint =
      presetName === null ? "name a `preset` or give a `command`" : `preset \`${presetName}\` needs a \`command\``;
    context.reporter.error(node.place, "missing-key", "`command` is missing", hint);
  }
  const env = member(node, "env");
  return {
    command: command ?? "",
    prepare: textOf(member(node, "prepare")),
    format: textOf(member(node, "format")) ?? preset?.format ?? "exit-code",
    report: textOf(member(node, "report")),
    cwd: textOf(member(node, "cwd")) ?? ".",
    env: env?.kind === "map" ? toJson(env) : {},
    network: textOf(member(node, "network")) ?? "none",
    timeout_seconds: numberOf(member(node, "timeout_seconds")) ?? 600,
    retries: numberOf(member(node, "retries")) ?? 1,
  };
}

function normalizeCoverage(node: Located): JsonObject {
  return {
    format: textOf(member(node, "format")) ?? "lcov",
    report: textOf(member(node, "report")) ?? "coverage/lcov.info",
    minimum: numberOf(member(node, "minimum")),
  };
}
