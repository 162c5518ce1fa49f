import { expect, test } from "vitest";
import { changed } from "../checks/testing/check-case.ts";
import { modulesWithoutEnding } from "./modules-without-ending.ts";

const runs = `import { readFileSync } from "node:fs";
import vm from "node:vm";

const text = readFileSync(new URL("rates.data", import.meta.url), "utf8");
export const rates = vm.runInThisContext(text);
`;
const reads = runs.replace('import vm from "node:vm";\n', "").replace("vm.runInThisContext(text)", "text");
const script = "function rates(kind) {\n  return kind;\n}\nrates;\n";

test.each<[what: string, loader: string, text: string, isCode: boolean]>([
  ["a script of an odd ending that code runs is code", runs, script, true],
  ["one that code hands to `Function` is code", reads.replace("= text", "= new Function(text)"), script, true],
  ["one that code only reads is none", reads, script, false],
  ["data that code which runs texts reads are none", runs, "k1 = 1\nk2 = 2\n", false],
])("%s", (_, loader, after, isCode) => {
  const contents = { "src/price.js": { before: "", after: loader }, "src/rates.data": { before: null, after } };
  const changes = [changed("src/price.js"), changed("src/rates.data", "added")];
  expect([...modulesWithoutEnding(changes, contents).keys()]).toEqual(isCode ? ["src/rates.data"] : []);
});
