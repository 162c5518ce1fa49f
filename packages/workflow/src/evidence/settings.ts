import type { JsonObject, JsonValue } from "@phasegate/wire";

/** How the workflow's tests are run; presets are written out, every default is filled in. */
export interface TestSettings {
  readonly command: string;
  /** Runs before the tests, in the same checkout. */
  readonly prepare: string | null;
  readonly format: string;
  /** Relative to `cwd`; null where the runner chooses the path and `{report}` in the command stands for it. */
  readonly report: string | null;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly network: "none" | "full";
  readonly timeoutSeconds: number;
  /** How often failing tests are run again. */
  readonly retries: number;
}

export interface CoverageSettings {
  readonly format: string;
  /** Runs after the tests, in the same checkout, whatever came of them: makes the report of what they measured. */
  readonly command: string | null;
  /** Relative to the root of the checkout; null where `{coverage}` stands for a folder that the runner chose. */
  readonly report: string | null;
  /** Per cent of lines; null where only checks name one. */
  readonly minimum: number | null;
}

/** The `evidence` section of a workflow; a part that it does not have is null. */
export interface EvidenceSettings {
  readonly tests: TestSettings | null;
  readonly coverage: CoverageSettings | null;
}

/** Reads `workflow.normalized.evidence`, which the loader has judged. */
export function evidenceWorkflow(evidence: JsonObject | null): EvidenceSettings {
  const tests = objectAt(evidence, "tests");
  const coverage = objectAt(evidence, "coverage");
  return { tests: tests && readTests(tests), coverage: coverage && readCoverage(coverage) };
}

function readTests(tests: JsonObject): TestSettings {
  return {
    command: textAt(tests, "command") ?? "",
    prepare: textAt(tests, "prepare"),
    format: textAt(tests, "format") ?? "exit-code",
    report: textAt(tests, "report"),
    cwd: textAt(tests, "cwd") ?? ".",
    env: Object.fromEntries(
      Object.entries(objectAt(tests, "env") ?? {}).map(([name, value]) => [name, textOf(value) ?? ""]),
    ),
    network: textAt(tests, "network") === "full" ? "full" : "none",
    timeoutSeconds: numberAt(tests, "timeout_seconds") ?? 600,
    retries: numberAt(tests, "retries") ?? 1,
  };
}

function readCoverage(coverage: JsonObject): CoverageSettings {
  return {
    format: textAt(coverage, "format") ?? "lcov",
    command: textAt(coverage, "command"),
    report: textAt(coverage, "report"),
    minimum: numberAt(coverage, "minimum"),
  };
}

function objectAt(value: JsonObject | null, key: string): JsonObject | null {
  const member = value?.[key];
  return typeof member === "object" && member !== null && !Array.isArray(member) ? member : null;
}

function textAt(value: JsonObject, key: string): string | null {
  const member = value[key];
  return typeof member === "string" ? member : null;
}

function numberAt(value: JsonObject, key: string): number | null {
  const member = value[key];
  return typeof member === "number" ? member : null;
}

function textOf(value: JsonValue): string | null {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? String(value) : null;
}
