/** The text of `phasegate/strict@1`. Published: change its meaning only under a new number. */
export const strictPreset1 = `name: strict
description: Plan approved by a person, tests red before and green after, coverage, two reviews and an approval.
paths:
  tests: ["test/**", "tests/**", "**/__tests__/**", "spec/**", "**/*.test.*", "**/*.spec.*", "**/*_test.*", "**/test_*.py", "**/conftest.py"]
  source: ["src/**", "lib/**", "app/**", "packages/**", "cmd/**", "internal/**", "pkg/**", "package.json", "package-lock.json", "pyproject.toml", "go.mod", "go.sum", "Cargo.toml", "Cargo.lock"]
  rules: ["vitest.config.*", "jest.config.*", "pytest.ini", "tox.ini", "package.json#/scripts", "**/postcss.config.*", "**/.postcssrc*", "**/package.json#/postcss"]
evidence:
  tests: { preset: vitest }
  coverage: { minimum: 80 }
phases:
  - id: PLAN
    name: Plan
    tools: [read]
    artifacts: [plan]
    gate: [plan_has_acceptance_criteria, scope_is_bounded, { approval: human }]
  - id: TDD
    name: Write tests
    tools: [read, edit, run]
    write: [$tests]
    freeze: { paths: [$tests, $rules], may_add: ["**/*.snap"] }
    gate: red
  - id: IMPL
    name: Implement
    tools: [read, edit, run]
    write: [$source, "**/*.snap"]
    gate: [green, no_skipped_tests, coverage]
  - id: REVIEW
    name: Review
    tools: [read]
    gate: { reviews: [security, quality], approval: human }
    rework: [IMPL, TDD]
  - id: COMPLETE
    name: Complete
    tools: [read, git_commit]
`;
