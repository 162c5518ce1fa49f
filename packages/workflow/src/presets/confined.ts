/** The text of `phasegate/confined@1`. Published: change its meaning only under a new number. */
export const confinedPreset = `name: confined
description: Each phase may change only what it is for. No tests are run; nobody is asked.
paths:
  tests: ["test/**", "tests/**", "**/__tests__/**", "spec/**", "**/*.test.*", "**/*.spec.*", "**/*_test.*", "**/test_*.py", "**/conftest.py"]
  source: ["src/**", "lib/**", "app/**", "packages/**", "cmd/**", "internal/**", "pkg/**", "package.json", "package-lock.json", "pyproject.toml", "go.mod", "go.sum", "Cargo.toml", "Cargo.lock"]
  rules: ["vitest.config.*", "jest.config.*", "pytest.ini", "tox.ini", "package.json#/scripts", "**/postcss.config.*", "**/.postcssrc*", "**/package.json#/postcss"]
phases:
  - { id: PLAN, name: Plan, tools: [read], artifacts: [plan], gate: plan_has_acceptance_criteria }
  - { id: TDD, name: Write tests, tools: [read, edit, run], write: [$tests], freeze: [$tests, $rules] }
  - { id: IMPL, name: Implement, tools: [read, edit, run], write: [$source], gate: tests_unchanged_since }
  - { id: REVIEW, name: Review, tools: [read, run], artifacts: [review], rework: [IMPL, TDD] }
  - { id: COMPLETE, name: Complete, tools: [read, git_commit] }
`;
