import { expect, test } from "vitest";
import { wordsOfWholeRun } from "./whole-run.ts";

test.each([
  ["python3 -m pytest --junitxml={report}", ["--maxfail=0"]],
  ["pytest -x --junitxml={report}", ["--maxfail=0"]],
  [".venv/bin/pytest", ["--maxfail=0"]],
  ["uv run pytest -q", ["--maxfail=0"]],
  ["coverage run -m pytest", ["--maxfail=0"]],
  ["npx vitest run --reporter=junit", ["--bail=0"]],
  ["npx vitest run --bail 2", []],
  ["sh ./pytest {report}", []],
  ["npm test", []],
  ["pytest; true", []],
  ["pytest -- tests", []],
  ["npx jest", []],
  ["node --test", []],
])("`%s` is told to go on at failures by %j", (command, words) => {
  expect(wordsOfWholeRun(command, [])).toEqual(words);
});

test("words that are there already are not said twice", () => {
  expect(wordsOfWholeRun("npx vitest run", ["--bail=0", "a.test.ts"])).toEqual([]);
});
