/** How a project's tests are run, as the `evidence.tests` section says it. */
export interface TestRunner {
  readonly preset: "vitest" | "jest" | "node" | "pytest" | "unittest" | "go" | "cargo" | "exit-code";
  /** Only where the preset has none. */
  readonly command?: string;
  /** The preset can measure coverage with what the project says it installs. */
  readonly measuresCoverage: boolean;
}

export interface DetectedProject {
  readonly name: string | null;
  readonly language: string;
  readonly runner: TestRunner;
  /** Why this runner was taken, for people. */
  readonly because: string;
  readonly tests: readonly string[];
  readonly source: readonly string[];
  /** What decides how tests are run; fixed together with them. */
  readonly rules: readonly string[];
  /** What makes the dependencies of a clean checkout; null where nothing is needed or known. */
  readonly setup: string | null;
  /** How a setup that was not tried here could look; null where none is needed or one is written. */
  readonly setupAdvice: string | null;
  /** What keeps the runner from finding tests that are here, and the cure. */
  readonly runnerAdvice?: string;
}
