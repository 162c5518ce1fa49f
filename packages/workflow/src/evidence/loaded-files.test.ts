import { expect, test } from "vitest";
import { namesLoaded, namesOf } from "./loaded-files.ts";

function loads(from: string, text: string, path: string): boolean {
  const names = namesLoaded(from, text);
  return namesOf(path).some((name) => names.has(name));
}

test.each([
  ["src/a.js", 'export { b } from "./more_test.mjs";', "src/more_test.mjs"],
  ["src/a.ts", 'import { b } from "../test/impl.js";', "test/impl.ts"],
  ["src/a.ts", "const b = await import(`./helper.test`);", "src/helper.test.ts"],
  ["src/a.cjs", "module.exports = require('./test');", "src/test/index.js"],
  ["src/a.js", 'const b = new URL("./deep/b.test.js", import.meta.url);', "src/deep/b.test.js"],
  ["src/a.ts", 'import b from "@/helper.test";', "src/helper.test.ts"],
  ["packages/a/src/a.ts", 'import b from "cart/test/impl.js";', "packages/cart/test/impl.js"],
  ["src/a.js", 'import { rates } from "#rates";', "test/support/rates.js"],
  ["src/a.js", 'const { b } = require(path.join(root, "test/support/b.cjs"));', "test/support/b.cjs"],
  ["shop/a.py", 'runpy.run_path("tests/support/impl.py")', "tests/support/impl.py"],
  ["shop/a.py", "sys.path.append(here)\nimport impl", "tests/support/impl.py"],
  ["shop/a.py", "from tests.impl import tax", "tests/impl.py"],
  ["shop/a.py", "from tests import (\n    other,\n    impl as b,  # more\n)", "tests/impl.py"],
  ["shop/a.py", "import os, shop.test_util as b", "src/shop/test_util.py"],
  ["shop/a.py", "try: from .test_util import tax\nexcept ImportError: pass", "shop/test_util.py"],
  ["shop/deep/a.py", "from .. import test_util", "shop/test_util.py"],
  ["shop/a.py", "from \\\n  . import tests", "shop/tests/__init__.py"],
  ["shop/a.py", "import test_util", "shop/test_util.py"],
  ["shop/a.py", "import test_util", "test_util.py"],
  ["shop/a.py", 'tax = importlib.import_module("tests.impl").tax', "tests/impl.py"],
])("%s with `%s` loads %s", (from, text, path) => {
  expect(loads(from, text, path)).toBe(true);
});

test.each([
  ["src/a.js", '// import "./more_test.mjs"', "src/more_test.mjs"],
  ["src/a.js", 'import "./more.js";', "src/more.test.js"],
  ["src/a.js", 'get("/test/impl"); import test from "test";', "src/test/impl.js"],
  ["shop/a.py", "import redis, unittest.mock\nfrom unittest import mock", "tests/redis.py"],
  ["shop/a.py", "import redis, unittest.mock\nfrom unittest import mock", "tests/mock.py"],
  ["shop/a.py", "# from tests.impl import tax", "tests/impl.py"],
  ["shop/a.py", "from ..... import impl", "impl.py"],
  ["docs/a.md", "see ./impl.test.js", "docs/impl.test.js"],
])("%s with `%s` does not load %s", (from, text, path) => {
  expect(loads(from, text, path)).toBe(false);
});
