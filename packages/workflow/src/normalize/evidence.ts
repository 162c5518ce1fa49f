import type { JsonObject } from "@phasegate/wire";
import type { evidencePresetNames } from "../format/file-schema.ts";
import { type Located, member, numberOf, textOf, toJson } from "../reading/located.ts";
import type { NormalizeContext } from "./context.ts";

type PresetName = (typeof evidencePresetNames)[number];

interface Preset {
  readonly command: string | null;
  readonly format: string;
  /** What runs instead where the workflow asks for coverage; absent: the preset cannot measure any. */
  readonly measuring?: { readonly command: string; readonly coverage: string | null };
}

const coveredPython = "COVERAGE_FILE={coverage}/data python3 -m coverage run";
/** A project whose settings let each process measure for itself has several data files. */
const pythonTracefile =
  "export COVERAGE_FILE={coverage}/data; python3 -m coverage combine -q --append;" +
  " python3 -m coverage lcov --ignore-errors -o {coverage}/lcov.info";
const pytestArguments = "--continue-on-collection-errors --junitxml={report}";

/**
 * `{report}` stands for the path that the runner chose for the report, `{coverage}` for the folder in which it looks
 * for `lcov.info`; both lie outside the checkout.
 */
const presets: Readonly<Record<PresetName, Preset>> = {
  vitest: {
    command: "npx vitest run --reporter=default --reporter=junit --outputFile.junit={report}",
    format: "junit",
    // Also of a run with failures, since one of them may turn out as flaky.
    measuring: {
      command:
        "npx vitest run --coverage.enabled=true --coverage.reporter=lcovonly --coverage.reportOnFailure=true" +
        " --coverage.reportsDirectory={coverage} --reporter=default --reporter=junit --outputFile.junit={report}",
      coverage: null,
    },
  },
  jest: {
    command: "npx jest --json --outputFile={report}",
    format: "jest-json",
    measuring: {
      command:
        "npx jest --coverage --coverageReporters=lcovonly --coverageDirectory={coverage} --json --outputFile={report}",
      coverage: null,
    },
  },
  // The JUnit report does not say why a file did not load; the other one prints it.
  node: {
    command:
      "node --test --test-reporter=spec --test-reporter-destination=stdout" +
      " --test-reporter=junit --test-reporter-destination={report}",
    format: "junit",
    measuring: {
      command:
        "node --test --experimental-test-coverage --test-reporter=spec --test-reporter-destination=stdout" +
        " --test-reporter=junit --test-reporter-destination={report}" +
        " --test-reporter=lcov --test-reporter-destination={coverage}/lcov.info",
      coverage: null,
    },
  },
  pytest: {
    command: `python3 -m pytest ${pytestArguments}`,
    format: "junit",
    measuring: {
      command: `${coveredPython} -m pytest ${pytestArguments}`,
      coverage: pythonTracefile,
    },
  },
  unittest: {
    command: "python3 -m unittest -v",
    format: "unittest",
    measuring: {
      command: `${coveredPython} -m unittest -v`,
      coverage: pythonTracefile,
    },
  },
  go: { command: "go test -json ./...", format: "go-json" },
  cargo: { command: "cargo test --no-fail-fast", format: "cargo" },
  tap: { command: null, format: "tap" },
  junit: { command: null, format: "junit" },
  "exit-code": { command: null, format: "exit-code" },
};

/** The `evidence` section, presets written out; null when the file has none. */
export function normalizeEvidence(context: NormalizeContext): JsonObject | null {
  const node = member(context.root, "evidence");
  if (!node) return null;
  const tests = member(node, "tests");
  const coverage = member(node, "coverage");
  const preset = presetOf(tests);
  const measuring = tests && !member(tests, "command") && coverage ? preset?.measuring : undefined;
  if (coverage && preset?.command && !measuring && !member(tests, "command") && !member(coverage, "command")) {
    context.reporter.warning(
      coverage.place,
      "no-coverage",
      `preset \`${textOf(member(tests, "preset")) ?? ""}\` measures no coverage`,
      "give a `command` under `evidence.tests` that writes an LCOV tracefile to `{coverage}/lcov.info`",
    );
  }
  const command = measuring?.command ?? preset?.command ?? null;
  const normalTests = tests && normalizeTests(context, tests, { preset, command });
  return {
    ...(normalTests ? { tests: normalTests } : {}),
    ...(coverage
      ? { coverage: normalizeCoverage(coverage, writtenCommand(normalTests), measuring?.coverage ?? null) }
      : {}),
  };
}

function writtenCommand(tests: JsonObject | undefined): string {
  const command = tests?.["command"];
  return typeof command === "string" ? command : "";
}

function presetOf(tests: Located | undefined): Preset | null {
  const name = textOf(member(tests, "preset"));
  return name !== null && Object.hasOwn(presets, name) ? presets[name as PresetName] : null;
}

function normalizeTests(
  context: NormalizeContext,
  node: Located,
  { preset, command: presetCommand }: { preset: Preset | null; command: string | null },
): JsonObject {
  const presetName = textOf(member(node, "preset"));
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

function normalizeCoverage(node: Located, testCommand: string, presetCommand: string | null): JsonObject {
  const command = textOf(member(node, "command")) ?? presetCommand;
  const isChosen = `${testCommand} ${command ?? ""}`.includes("{coverage}");
  return {
    format: textOf(member(node, "format")) ?? "lcov",
    command,
    report: isChosen ? null : (textOf(member(node, "report")) ?? "coverage/lcov.info"),
    minimum: numberOf(member(node, "minimum")),
  };
}
