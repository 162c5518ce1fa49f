import { describe, expect, test } from "vitest";
import { bodiesNotRun } from "./bodies-not-run.ts";

const javaScript = (text: string) => bodiesNotRun("a.test.js", `import test from "node:test";\n${text}`);
const python = (body: string, head = "class TestA(unittest.TestCase):") =>
  bodiesNotRun("test_a.py", `import unittest\n\n\n${head}\n${body}`);

describe("a body that does not run is told", () => {
  test.each<[what: string, text: string]>([
    ["of a generator", 'test("b", function* () {});'],
    ["of an asynchronous generator", 'test("b", { timeout: 5 }, async function* () {});'],
    ["of a function that gives back another", 'test("b", () => () => {});'],
    ["of one that gives back another that is asynchronous", 'test("b", (t) => async () => {});'],
    ["that is not there", 'test("b");'],
    ["that is not there, with options", 'test("b", { timeout: 5 });'],
    ["of a generator by its name", 'test("b", rows);\nfunction* rows() {}'],
    ["of a generator in a variable", 'const rows = function* () {};\ntest("b", { timeout: 5 }, rows);'],
    ["of a generator below another test", 'test("a", (t) => t.test("b", function* () {}));'],
  ])("%s in JavaScript", (_what, text) => {
    expect(javaScript(text)).toEqual(["b"]);
  });

  test.each<[what: string, text: string]>([
    ["of a coroutine", "    async def test_b(self):\n        pass\n"],
    ["of a coroutine with a patch", "    @mock.patch('x')\n    async def test_b(self, x):\n        pass\n"],
    ["of a generator", "    def test_b(self):\n        for one in []:\n            yield one\n"],
    ["of a generator that yields in a call", "    def test_b(self):\n        if one: self.ok((yield one))\n"],
    ["of a function that it gives back", "    def test_b(self):\n        return lambda: 1\n"],
  ])("%s in Python", (_what, text) => {
    expect(python(text)).toEqual(["test_b"]);
  });

  test.each([
    ["under another name", "from unittest import TestCase as Case\n\nclass TestA(Case):"],
    ["of a class of the file", "class Base(unittest.TestCase):\n    pass\n\nclass TestA(Base):"],
    ["beside a class of the file that adds helpers", "class Rows:\n    pass\n\nclass TestA(Rows, unittest.TestCase):"],
  ])("of a coroutine in a `TestCase` %s", (_what, head) => {
    expect(python("    async def test_b(self): ...\n", head)).toEqual(["test_b"]);
  });
});

describe("a body that may run is not told", () => {
  test.each<[what: string, text: string]>([
    ["of a function", 'test("b", () => {});\ntest("c", async () => run());\ntest("d", function () {});'],
    ["with a callback in it", 'test("b", () => rows.map((row) => row));'],
    ["by name", 'test("b", run);'],
    ["in a comment", '// test("b");'],
    ["with a generator in it", 'test("b", () => run(function* () {}));'],
    ["by a name that no generator has", 'test("b", run);\nfunction* rows() {}'],
    ["that asks for a match", 'it("b", () => expect(pattern.test("c")).toBe(true));'],
  ])("%s in JavaScript", (_what, text) => {
    expect(javaScript(text)).toEqual([]);
  });

  test("where nothing tells the runner", () => {
    const text = 'test("b", function* () {});';
    expect(bodiesNotRun("a.test.js", text, "npm test")).toEqual([]);
    expect(bodiesNotRun("a.test.js", text, "npx vitest run")).toEqual(["b"]);
  });

  test("where a class of the file runs its tests in a way of its own", () => {
    const head = "class Base(unittest.TestCase):\n    def run(self, result): ...\n\nclass TestA(Base):";
    expect(python("    async def test_b(self): ...\n", head)).toEqual([]);
  });

  test("where the runner runs generators", () => {
    expect(bodiesNotRun("a.test.js", 'import { test } from "@jest/globals";\ntest("b", function* () {});')).toEqual([]);
  });

  test.each<[what: string, text: string, head?: string]>([
    ["of a method", "    def test_b(self):\n        pass\n"],
    [
      "of a coroutine that is awaited",
      "    async def test_b(self): ...\n",
      "class TestA(unittest.IsolatedAsyncioTestCase):",
    ],
    ["of a coroutine that a decorator runs", "    @in_loop\n    async def test_b(self): ...\n"],
    ["of a coroutine of another kind of case", "    async def test_b(self): ...\n", "class TestA(Awaiting, TestCase):"],
    ["of a coroutine of pytest", "    async def test_b(self): ...\n", "class TestA:"],
    ["with the word in a text", "    def test_b(self):\n        self.ok('a yield')  # no yield\n"],
    ["with a generator in it", "    def test_b(self):\n        def rows():\n            yield 1\n        run(rows)\n"],
    ["behind a class", "    pass\n\n\nroot = 1\nasync def test_b(): ...\n"],
  ])("%s in Python", (_what, text, head) => {
    expect(python(text, head)).toEqual([]);
  });
});
