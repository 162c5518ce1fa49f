import { expect, test } from "vitest";
import { changed } from "../checks/testing/check-case.ts";
import { shadowsOfProduct, shadowsOfTests } from "./shadowed-product.ts";

function shadows(
  product: readonly string[],
  files: Readonly<Record<string, string>>,
  unchanged: readonly string[] = [],
) {
  const paths = Object.keys(files);
  return shadowsOfProduct({
    paths: [...product, ...unchanged, ...paths],
    changes: paths.map((path) => changed(path, "added")),
    contents: Object.fromEntries(paths.map((path) => [path, { before: null, after: files[path] ?? null }])),
    isTest: (path) => /(?:^|\/)(?:tests?|spec|__mocks__|t)\//.test(path),
  });
}
const none = (...paths: readonly string[]) => Object.fromEntries(paths.map((path) => [path, ""]));

const shop = ["shop/__init__.py", "shop/price.py", "setup.py"];
const ruby = ["lib/shop/price.rb"];

test.each<[string, readonly string[], Readonly<Record<string, string>>, readonly string[]]>([
  ["a package of the name of the product's", shop, none("tests/shop/__init__.py", "tests/shop/price.py"), []],
  ["a module of its name", shop, none("tests/shop.py"), []],
  ["one in a folder that a configuration may name", shop, none("tests/doubles/shop/__init__.py"), []],
  ["one for sources below src", ["src/shop/__init__.py"], none("tests/shop/__init__.py"), []],
  ["a part of a package that has no beginning", ["shop/price.py"], none("tests/shop/price.py"), []],
  ["a beginning for such a package", ["shop/price.py"], none("tests/shop/__init__.py"), []],
  ["a module that stands alone", ["price.py"], none("tests/price.py"), []],
  ["a file of Ruby that is searched for by its path", ruby, none("spec/shop/price.rb"), []],
  ["a class of Java", ["src/main/java/shop/Price.java"], none("src/test/java/shop/Price.java"), []],
  [
    "settings of a Java program",
    ["src/main/resources/application.properties"],
    none("src/test/resources/application.properties"),
    [],
  ],
  ["a script before data of the base", [], none("test/rows.js"), ["test/rows.json"]],
  ["a script before a folder of the base", [], none("test/cases.js"), ["test/cases/index.js"]],
  ["a manifest in such a folder", [], none("test/cases/package.json"), ["test/cases/index.js"]],
  ["a script before one of TypeScript", [], none("test/rows.js"), ["test/rows.ts"]],
  ["a package of Python before a module of the base", [], none("tests/helpers/__init__.py"), ["tests/helpers.py"]],
  ["a header of the name of one of the product's", ["src/tax.h", "src/tax.c"], none("tests/tax.h"), []],
  ["a package beside the tests", ["src/index.js"], none("test/node_modules/shop/index.js"), []],
  ["a mock of a package of the workspace", ["packages/cart/src/index.js"], none("__mocks__/@shop/cart.js"), []],
])("is told of: %s", (_, product, files, unchanged) => {
  expect(shadows(product, files, unchanged)).toEqual(Object.keys(files));
});

test.each([
  ["test/package.json", '{ "imports": { "#price": "./price.js" } }'],
  ["test/tsconfig.json", '{ "compilerOptions": { "paths": { "@shop/*": ["./*"] } } }'],
  ["test/vitest.config.ts", "export default { resolve: { alias: { '@shop': './double' } } };"],
  ["test/jest.config.js", "module.exports = { moduleNameMapper: {} };"],
  ["tests/pytest.ini", "[pytest]\npythonpath = doubles\n"],
  ["tests/pytest.ini", "[pytest]\nusefixtures = rates\n"],
  ["tests/pyproject.toml", '[tool.pytest.ini_options]\nusefixtures = ["rates"]\n'],
  ["tests/tox.ini", "[pytest]\nfilterwarnings = ignore\n"],
  ["test/tsconfig.json", '{ "compilerOptions": { "jsx": "react-jsx", "jsxImportSource": "./double" } }'],
  ["test/.mocharc.json", '{ "require": ["./test/double.js"] }'],
  ["src/test/resources/junit-platform.properties", "junit.jupiter.extensions.autodetection.enabled=true\n"],
  ["src/test/resources/META-INF/services/org.junit.jupiter.api.extension.Extension", "shop.Quiet\n"],
])("is told of: `%s` that says where imports lead or how tests run", (path, text) => {
  expect(shadows(["src/index.js"], { [path]: text }, ["test/a.test.js", "tests/test_a.py"])).toEqual([path]);
});

test.each<[string, readonly string[], Readonly<Record<string, string>>, readonly string[]]>([
  ["tests in folders like the product's", shop, none("tests/shop/test_price.py", "tests/shop/conftest.py"), []],
  ["such folders as packages", shop, none("tests/shop/__init__.py", "tests/shop/price.py"), ["tests/__init__.py"]],
  ["a helper of the name of an inner module", shop, none("tests/price.py"), []],
  ["tests in a package of the product", shop, none("shop/tests/test_price.py"), []],
  ["a file of another folder, in Ruby", ruby, none("spec/support/price.rb", "spec/shop/price_spec.rb"), []],
  ["a test beside data of its name", [], none("test/rows.test.js", "test/more.js"), ["test/rows.test.json"]],
  ["declarations of a script", [], none("test/rows.d.ts"), ["test/rows.js"]],
  ["a manifest of the tests", [], none("test/package.json"), ["test/rows.js"]],
  ["a header of the tests' own", ["src/tax.h"], none("tests/check.h", "tests/tax.c"), []],
  ["a test of Java", ["src/main/java/shop/Price.java"], none("src/test/java/shop/PriceTest.java"), []],
  [
    "a package.json that says only what kind its modules are",
    ["src/index.js"],
    { "test/package.json": '{ "type": "module", "main": "a.js" }' },
    [],
  ],
  [
    "data of the tests of a Java program",
    ["src/main/resources/application.properties"],
    none("src/test/resources/prices.csv", "src/test/resources/application-test.properties"),
    [],
  ],
  [
    "what a project of the tests' own builds with",
    [],
    {
      "tests/pyproject.toml": '[project]\nname = "tests"\n',
      "test/tsconfig.json": '{ "compilerOptions": { "jsx": "react-jsx" } }',
    },
    [],
  ],
  ["settings of a project that tests read", [], { "test/fixtures/app/jest.config.js": "" }, ["test/a.test.js"]],
  ["a mock of what is no part of the product", ["packages/cart/src/index.js"], none("__mocks__/fs.js"), []],
  ["a script of the name of one of the product", ["src/price.js"], none("test/src/price.js"), []],
  ["a setup of the tests' own", shop, none("tests/setup.py"), []],
])("says nothing of: %s", (_, product, files, unchanged) => {
  expect(shadows(product, files, unchanged)).toEqual([]);
});

test.each<[string, string, readonly string[], readonly string[]]>([
  ["a module of the name of a helper", "src/helpers.py", ["tests/helpers.py", "tests/test_a.py"], ["src/helpers.py"]],
  ["a package of its name", "helpers/__init__.py", ["tests/helpers.py"], ["helpers/__init__.py"]],
  ["a header of the name of one", "src/near.h", ["tests/near.h"], ["src/near.h"]],
  ["a file of Ruby with the path of one", "lib/support/near.rb", ["spec/support/near.rb"], ["lib/support/near.rb"]],
  ["a mock of a module", "src/__mocks__/stock.js", ["test/a.js"], ["src/__mocks__/stock.js"]],
  ["a module that comes with Python", "src/decimal.py", ["tests/test_a.py"], ["src/decimal.py"]],
  ["pytest itself", "pytest/__init__.py", ["tests/test_a.py"], ["pytest/__init__.py"]],
  ["a module of a package", "src/shop/decimal.py", ["tests/test_a.py"], []],
  ["another name", "src/tax.py", ["tests/helpers.py", "tests/conftest.py"], []],
  ["a beginning of a package", "src/shop/__init__.py", ["tests/__init__.py", "tests/helpers.py"], []],
  ["a source of the name of its test", "src/tax.js", ["test/tax.js"], []],
  ["a helper of this task's", "test/helpers.py", ["test/test_a.py"], []],
])("of new files of the product, %s is in the place of tests or not", (_, path, tests, found) => {
  const [unchanged, added] = [tests, [path, "src/helpers/more.py"]];
  expect(
    shadowsOfTests({
      paths: ["src/shop/__init__.py", ...unchanged, ...added],
      changes: added.map((one) => changed(one, "added")),
      contents: {},
      isTest: (one) => /^(?:tests?|spec)\//.test(one),
    }),
  ).toEqual(found);
});
