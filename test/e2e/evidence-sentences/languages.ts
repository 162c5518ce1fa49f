/** Text of files by path; null: deleted. */
export type Files = Readonly<Record<string, string | null>>;

/** One test: an expression that must hold, as JavaScript and Python both read it. */
export interface OneTest {
  readonly name: string;
  readonly holds: string;
  /** An expression: where it holds, the test is skipped. */
  readonly skippedWhen?: string;
  readonly todo?: boolean;
}

/** How one test runner writes what the table says. */
export interface Language {
  readonly preset: "node" | "vitest" | "pytest" | "unittest";
  /** What every project of this kind holds besides. */
  readonly files: Files;
  /** Under which tests and sources lie, as globs. */
  readonly paths: { readonly tests: string; readonly source: string };
  readonly syntaxError: string;
  testPath(stem: string): string;
  /** Beside the tests, and no test itself. */
  helperPath(stem: string): string;
  sourcePath(stem: string): string;
  tests(
    tests: readonly OneTest[],
    uses?: { readonly from: string; readonly names: string; readonly isTest?: boolean },
  ): string;
  /** A module of product code: functions of `value` and constants. */
  source(functions: Readonly<Record<string, string>>, constants?: Readonly<Record<string, string>>): string;
  /** A test file that makes one test of each number of the module's list. */
  testsOfList(module: string, list: string): string;
  throwsAtLoad: string;
  identity(stem: string, name: string): string;
}

function javascript(preset: "node" | "vitest"): Language {
  const head =
    preset === "node"
      ? 'import { test } from "node:test";\nimport assert from "node:assert";\n'
      : 'import { assert, test } from "vitest";\n';
  const declared = ({ name, skippedWhen, todo }: OneTest): string => {
    const words = JSON.stringify(name);
    if (preset === "node") {
      const options = [...(skippedWhen === undefined ? [] : [`skip: ${skippedWhen}`]), ...(todo ? ["todo: true"] : [])];
      return `test(${words}, { ${options.join(", ")} }, `;
    }
    if (todo) return `test.todo(${words}, `;
    return skippedWhen === undefined ? `test(${words}, ` : `test.skipIf(${skippedWhen})(${words}, `;
  };
  return {
    preset,
    files: { "package.json": '{ "type": "module", "private": true }\n' },
    paths: { tests: "test/**", source: "src/**" },
    syntaxError: `${head}test("is not closed", () => {\n`,
    throwsAtLoad: `${head}throw new Error("at load");\n`,
    testPath: (stem) => `test/${stem}.test.js`,
    helperPath: (stem) => `test/${stem}.js`,
    sourcePath: (stem) => `src/${stem}.js`,
    tests: (tests, uses) => {
      const from = uses && (uses.isTest ? `./${uses.from}.js` : `../src/${uses.from}.js`);
      const imports = uses ? `import { ${uses.names} } from "${from}";\n` : "";
      return `${head}${imports}${tests.map((one) => `${declared(one)}() => assert.ok(${one.holds}));\n`).join("")}`;
    },
    source: (functions, constants = {}) =>
      [
        ...Object.entries(functions).map(
          ([name, value]) => `export function ${name}(value) {\n  return ${value};\n}\n`,
        ),
        ...Object.entries(constants).map(([name, value]) => `export const ${name} = ${value};\n`),
      ].join(""),
    testsOfList: (module, list) =>
      `${head}import { ${list} } from "../src/${module}.js";\nfor (const one of ${list}) test("case " + one, () => assert.ok(one > 0));\n`,
    identity: (stem, name) => `test/${stem}.test.js > ${name}`,
  };
}

function python(preset: "pytest" | "unittest"): Language {
  const methodOf = (name: string): string => `test_${name.replaceAll(" ", "_")}`;
  return {
    preset,
    files: { "shop/__init__.py": "", "tests/__init__.py": "" },
    paths: { tests: "tests/**", source: "shop/**" },
    syntaxError: "import unittest\n\ndef test_is_not_closed(:\n",
    throwsAtLoad: 'raise RuntimeError("at load")\n',
    testPath: (stem) => `tests/test_${stem}.py`,
    helperPath: (stem) => `tests/${stem}.py`,
    sourcePath: (stem) => `shop/${stem}.py`,
    tests: (tests, uses) => {
      const imports = uses ? `from ${uses.isTest ? "tests" : "shop"}.${uses.from} import ${uses.names}\n` : "";
      const methods = tests.map(({ name, holds, skippedWhen, todo }) => {
        const skip = skippedWhen === undefined ? "" : `    @unittest.skipIf(${skippedWhen}, "not now")\n`;
        const expected = todo ? "    @unittest.expectedFailure\n" : "";
        return `${skip}${expected}    def ${methodOf(name)}(self):\n        self.assertTrue(${holds})\n`;
      });
      return `import unittest\n${imports}\n\nclass Case(unittest.TestCase):\n${methods.join("\n") || "    pass\n"}`;
    },
    source: (functions, constants = {}) =>
      [
        ...Object.entries(functions).map(([name, value]) => `def ${name}(value):\n    return ${value}\n`),
        ...Object.entries(constants).map(([name, value]) => `${name} = ${value}\n`),
      ].join("\n"),
    testsOfList: (module, list) =>
      `import unittest\nfrom shop.${module} import ${list}\n\n\nclass Case(unittest.TestCase):\n    pass\n\n\nfor one in ${list}:\n    setattr(Case, "test_case_" + str(one), lambda self: self.assertTrue(one > 0))\n`,
    identity: (stem, name) =>
      preset === "pytest"
        ? `tests/test_${stem}.py > Case > ${methodOf(name)}`
        : `tests.test_${stem}.Case > ${methodOf(name)}`,
  };
}

export const languages = {
  node: javascript("node"),
  vitest: javascript("vitest"),
  pytest: python("pytest"),
  unittest: python("unittest"),
} as const;
