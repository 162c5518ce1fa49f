/** What the agent hands in when it does the task as it is meant to be done. */
export const plan = {
  summary: "roundDuration(milliseconds, unit) answers the nearest whole number of that unit, in milliseconds",
  acceptance_criteria: [
    "ninety minutes round to two hours",
    "twenty minutes round to no hours",
    "an unknown unit is refused by name",
  ],
  in_scope: ["src/round.js", "its export from src/index.js"],
  out_of_scope: ["parsing", "formatting"],
  constraints: ["no dependencies"],
};

/** It imports a module that does not exist yet. */
export const newTest = {
  path: "test/round.test.js",
  content: `import assert from "node:assert/strict";
import test from "node:test";
import { roundDuration } from "../src/round.js";

test("ninety minutes round to two hours", () => assert.equal(roundDuration(5_400_000, "h"), 7_200_000));
test("twenty minutes round to no hours", () => assert.equal(roundDuration(1_200_000, "h"), 0));
test("an unknown unit is refused by name", () => assert.throws(() => roundDuration(1, "week"), /\`week\`/));
`,
};

export const newModule = {
  path: "src/round.js",
  content: `import { units } from "./units.js";

/** The nearest whole number of a unit, in milliseconds. Throws a RangeError that names a unit it does not know. */
export function roundDuration(milliseconds, unit) {
  const size = units.get(unit);
  if (size === undefined) throw new RangeError(\`\\\`\${unit}\\\` is not a unit of time\`);
  return Math.round(milliseconds / size) * size;
}
`,
};

export const newExport = {
  path: "src/index.js",
  oldText: 'export { parseDuration } from "./parse.js";\n',
  newText: 'export { parseDuration } from "./parse.js";\nexport { roundDuration } from "./round.js";\n',
};

export const commitMessage = "Round durations to a unit";
