import type { ContentPair } from "@phasegate/wire";
import { describe, expect, test } from "vitest";
import { baseTree, changed } from "../checks/testing/check-case.ts";
import { atRed, onBase, redTest } from "../checks/testing/run-case.ts";
import { redIdentitiesOf } from "./red.ts";
import { isUntouchedTest } from "./untouched-tests.ts";

const python = `import pytest
from shop import Order, rows

CASES = [1, 2]


@pytest.mark.xfail(reason="#31", strict=True)
def test_empty():
    assert Order().first() is None


def test_broken():
    assert Order().broken == 1


@pytest.mark.parametrize("row", CASES)
def test_row(row):
    assert rows(row) == row


class TestOrder:
    def test_sum(self):
        assert Order().sum() == 1
`;
const script = `import { test, describe } from "node:test";
import { add } from "../src/add.js";

const cases = [1, 2];
test("is broken", () => {
  check(add(1), 2);
});
describe("adding", () => {
  test("adds", () => check(add(2), 3));
});
for (const one of cases) test("each", () => check(one, add(one)));
`;
const [py, js] = ["tests/test_shop.py", "test/add.test.js"];
const broken = `${py} > test_broken`;

function isUntouched(identity: string, file: string, before: string, edit: [from: string, to: string]): boolean {
  expect(before).toContain(edit[0]);
  return isUntouchedTest(identity, file, { before, after: before.replace(...edit) });
}

describe("a test is untouched when", () => {
  test.each<[rule: string, identity: string, edit: [string, string]]>([
    ["another loses its mark", broken, ['@pytest.mark.xfail(reason="#31", strict=True)\n', ""]],
    ["another is added", broken, ["def test_broken", "def test_new():\n    assert 1\n\n\ndef test_broken"]],
    ["more is imported", broken, ["import Order,", "import Order, new,"]],
    ["what only another used is imported no more", broken, ["Order, rows", "Order"]],
    ["comments and blanks change", broken, ["    assert Order().broken", "    # hm\n    assert  Order().broken"]],
    ["it stands in a class", `${py} > TestOrder > test_sum`, ["is None", "== 2"]],
  ])("%s", (_, identity, edit) => {
    expect(isUntouched(identity, py, python, edit)).toBe(true);
  });

  test("another test of a script is added", () => {
    expect(isUntouched(`${js} > is broken`, js, script, ["describe(", 'test("new", () => check(1));\ndescribe('])).toBe(
      true,
    );
  });
});

describe("a test is not untouched when", () => {
  test.each<[rule: string, identity: string, edit: [string, string]]>([
    ["it says something else", broken, [".broken == 1", ".broken == 2"]],
    ["it loses a mark", `${py} > test_empty`, ['@pytest.mark.xfail(reason="#31", strict=True)\n', ""]],
    ["it is new", `${py} > test_new`, ["def test_broken", "def test_new():\n    assert 0\n\n\ndef test_broken"]],
    ["another of its name is added", broken, ["class TestOrder", "def test_broken():\n    pass\n\n\nclass TestOrder"]],
    ["a value beside it changes", broken, ["CASES = [1, 2]", "CASES = [1, 3]"]],
    ["its cases become more", `${py} > test_row[1]`, ["CASES = [1, 2]", "CASES = [3, 1, 2]"]],
    ["its name means another", broken, ["import Order, rows", "import Basket as Order, rows"]],
    ["something acts on it", broken, ["class TestOrder", "Order = None\n\n\nclass TestOrder"]],
    ["its name is in no text", `${py} > test_other`, ["is None", "== 2"]],
  ])("%s", (_, identity, edit) => {
    expect(isUntouched(identity, py, python, edit)).toBe(false);
  });

  test("a script declares its tests from a longer list, or does more beside them", () => {
    expect(isUntouched(`${js} > each`, js, script, ["[1, 2]", "[0, 1, 2]"])).toBe(false);
    expect(isUntouched(`${js} > is broken`, js, script, ["describe(", "prepare();\ndescribe("])).toBe(false);
  });

  test("nobody can tell", () => {
    const texts = { before: python, after: python };
    expect(isUntouchedTest("test_broken", null, texts)).toBe(false);
    expect(isUntouchedTest("tests/shop.rs > test_broken", "tests/shop.rs", texts)).toBe(false);
    expect(isUntouchedTest(broken, py, undefined)).toBe(false);
    expect(isUntouchedTest(broken, py, { before: python, after: null })).toBe(false);
  });
});

function reds(failing: readonly string[], before: Parameters<typeof onBase>[0], text: ContentPair): readonly string[] {
  const cases = Object.fromEntries(failing.map((name) => [name, "failed" as const]));
  const identities = redIdentitiesOf({
    facts: {
      tree: {
        digest: baseTree,
        unsupported: [],
        litter: [],
        paths: [],
        differences: { [baseTree]: { from: baseTree, changes: [changed(py)], contents: { [py]: text } } },
      },
      evidence: { base: onBase(before), red: atRed({ [py]: cases }) },
    },
    baseTree,
    isTestFile: () => true,
    mayWrite: () => true,
  });
  return identities.map(({ identity }) => identity);
}

describe("of the red tests of a file", () => {
  const text = { before: python, after: python.replace('@pytest.mark.xfail(reason="#31", strict=True)\n', "") };
  const [own, other] = ["test_empty", "test_broken"];

  test("one that failed on the base and is untouched is not demanded", () => {
    expect(reds([own, other], { [py]: { [own]: "skipped", [other]: "failed" } }, text)).toEqual([
      redTest(py, own).identity,
    ]);
  });

  test("one that passed on the base is demanded", () => {
    expect(reds([own, other], { [py]: { [own]: "skipped", [other]: "passed" } }, text)).toHaveLength(2);
  });

  test("one that failed on the base and is changed is demanded", () => {
    const after = text.after.replace(".broken == 1", ".broken == 2");
    expect(reds([own, other], { [py]: { [own]: "skipped", [other]: "failed" } }, { ...text, after })).toHaveLength(2);
  });

  test("one that failed on the base is demanded where nothing else is red", () => {
    expect(reds([other], { [py]: { [own]: "skipped", [other]: "failed" } }, text)).toEqual([broken]);
  });
});

describe("a file that did not load on the base either", () => {
  const [old, added] = ["test/duration.test.js", "test/money.test.js"];
  const before = 'import ms from "ms";\n\ntest("days", () => assert.equal(ms("1d"), 1));\n';

  function redFiles(after: string, onTheBase: "outside" | Readonly<Record<string, "passed">> = "outside") {
    const texts: Record<string, ContentPair> = { [old]: { before, after }, [added]: { before: null, after: "" } };
    const changes = [changed(old), changed(added, "added")];
    return redIdentitiesOf({
      facts: {
        tree: {
          digest: baseTree,
          unsupported: [],
          litter: [],
          paths: [],
          differences: { [baseTree]: { from: baseTree, changes, contents: texts } },
        },
        evidence: {
          base: onBase({ [old]: onTheBase }),
          red: atRed({ [old]: "outside", [added]: { cents: "failed" } }),
        },
      },
      baseTree,
      isTestFile: () => true,
      mayWrite: () => true,
    }).flatMap(({ file, isStandIn }) => (isStandIn ? [] : [file]));
  }

  test("is not demanded where its format alone was changed", () => {
    expect(redFiles(before.replaceAll('"', "'"))).toEqual([added]);
  });

  test("is red where it says something else, or loaded there", () => {
    expect(redFiles(before.replace("1)", "2)"))).toEqual([added, old]);
    expect(redFiles(`${before}test("hours", () => assert.equal(ms("1h"), 1));\n`)).toEqual([added, old]);
    expect(redFiles(before.replaceAll('"', "'"), { days: "passed" })).toEqual([added, old]);
  });
});
