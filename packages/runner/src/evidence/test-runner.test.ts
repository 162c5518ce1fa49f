import { expect, test } from "vitest";
import { wordsOfWholeRun } from "./test-runner.ts";

test.each([
  ["python3 -m pytest --junitxml={report}", ["--maxfail=0"]],
  ["pytest -x --junitxml={report}", ["--maxfail=0"]],
  [".venv/bin/pytest", ["--maxfail=0"]],
  ["uv run pytest -q", ["--maxfail=0"]],
  ["coverage run -m pytest", ["--maxfail=0"]],
  ["COVERAGE_FILE={coverage}/data python3 -m coverage run --branch -m pytest -x", ["--maxfail=0"]],
  ["cross-env CI=1 npx --yes vitest run", ["--bail=0"]],
  ["pnpm exec vitest run", ["--bail=0"]],
  ["make pytest", []],
  ["python3 run pytest", []],
  ["npm exec vitest", []],
  ["npx vitest run --reporter=junit", ["--bail=0"]],
  ["npx vitest run --bail 2", []],
  ["sh ./pytest {report}", []],
  ["npm test", []],
  ["pytest; true", []],
  ["pytest -- tests", []],
  ["npx jest", []],
  ["node --test", []],
])("`%s` is told to go on at failures by %j", (command, words) => {
  expect(wordsOfWholeRun(command)).toEqual(words);
});
