import path from "node:path";
import { PhasegateError, type JsonObject, type JsonValue } from "@phasegate/wire";
import type { CompiledWorkflow } from "@phasegate/workflow";

/** The workflow's `evidence` section as a run uses it. Paths are relative to the checkout and stay inside it. */
export interface TestSettings {
  readonly command: string;
  readonly prepare: string | null;
  readonly format: string;
  /** Where the command leaves its report inside the checkout; null when it takes `{report}` or prints it. */
  readonly report: string | null;
  /** "" is the checkout itself. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly network: "none" | "full";
  readonly timeoutSeconds: number;
  readonly retries: number;
  /** Where the command leaves its LCOV tracefile inside the checkout; null when coverage is not asked for. */
  readonly coverageReport: string | null;
}

/** Rejects a workflow that does not say how its tests are run. */
export function testSettings(workflow: CompiledWorkflow): TestSettings {
  const evidence = workflow.normalized.evidence ?? {};
  const tests = objectOf(evidence["tests"]);
  const command = textOf(tests?.["command"]);
  if (tests === null || command === null || command.trim() === "") {
    throw new PhasegateError("workspace_unavailable", "the workflow does not say how its tests are run", {
      hint: "name a `preset` or a `command` under `evidence.tests`",
    });
  }
  const coverage = objectOf(evidence["coverage"]);
  return {
    command,
    prepare: textOf(tests["prepare"]),
    format: textOf(tests["format"]) ?? "exit-code",
    report: insideOrNull(textOf(tests["report"])),
    cwd: insideOrNull(textOf(tests["cwd"])) ?? "",
    env: variablesOf(objectOf(tests["env"])),
    network: tests["network"] === "full" ? "full" : "none",
    timeoutSeconds: numberOf(tests["timeout_seconds"]) ?? 600,
    retries: numberOf(tests["retries"]) ?? 1,
    coverageReport: coverage === null ? null : insideOrNull(textOf(coverage["report"]) ?? "coverage/lcov.info"),
  };
}

function insideOrNull(written: string | null): string | null {
  if (written === null) return null;
  const inside = path.posix.join("/", written).slice(1).replace(/\/$/, "");
  return inside === "" ? null : inside;
}

function objectOf(value: JsonValue | undefined): JsonObject | null {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonObject) : null;
}

function variablesOf(env: JsonObject | null): Record<string, string> {
  const entries = Object.entries(env ?? {}).map(([name, value]) => [
    name,
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  return Object.fromEntries(entries) as Record<string, string>;
}

function textOf(value: JsonValue | undefined): string | null {
  return typeof value === "string" ? value : null;
}

function numberOf(value: JsonValue | undefined): number | null {
  return typeof value === "number" ? value : null;
}
