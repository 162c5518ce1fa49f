import { describe, expect, test } from "vitest";
import { actingLine } from "./added-lines.ts";

const shell = `#!/bin/sh
. ./src/price.sh
echo 1..2
if [ "$(price 1)" = 1 ]; then echo "ok 1 - one"; else echo "not ok 1 - one"; fi
if [ "$(price 2)" = 2 ]; then echo "ok 2 - two"; else echo "not ok 2 - two"; fi
`;
const perl = `use Test::More;
use Price;

is(price(1), 1, "one");
subtest "two" => sub {
  is(price(2), 2, "two");
};
done_testing();
`;
const go = `package price

import "testing"

func TestOne(t *testing.T) {
	got := Price(1)
	if got != 1 {
		t.Fatal(got)
	}
}

func TestTwo(t *testing.T) {
	if Price(2) != 2 {
		t.Fatal("two")
	}
}
`;
const java = `class PriceTest {
  @Test
  void one() {
    assertEquals(1, Price.of(1));
  }

  @Test
  void two() {
    assertEquals(2, Price.of(2));
  }
}
`;
const ruby = `class PriceTest < Minitest::Test
  def test_one
    assert_equal 1, price(1)
  end

  def test_two
    assert_equal 2, price(2)
  end
end
`;
const c = `#include "price.h"

int main(void) {
  assert(price(1) == 1);
  return 0;
}
`;
const header = `#ifndef PRICE_TEST_H\n#define PRICE_TEST_H\nint near(int left, int right);\n#endif\n`;
const bats = `@test "one" {
  run price 1
  [ "$output" = 1 ]
}
`;
const texts = {
  "t/price.t": shell,
  "t/price.sh": shell,
  "t/price.pl": perl,
  "price_test.go": go,
  "PriceTest.java": java,
  "price_test.rb": ruby,
  "test/price.c": c,
  "test/near.h": header,
  "test/near.c": 'void check(char *name, int ok) {\n  number += 1;\n  if (!ok) printf("not ");\n}\n',
  "test/price.bats": bats,
} as const;

/** Whether lines act that were added in front of the first that begins so, or at the end. */
function acts(path: keyof typeof texts, added: string, front: string | null): boolean {
  const text = texts[path];
  const place = front === null ? text.length : text.indexOf(front);
  expect(place).toBeGreaterThanOrEqual(0);
  return actingLine(path, text, `${text.slice(0, place)}${added}\n${text.slice(place)}`) !== null;
}

describe("added lines act on those of before that", () => {
  test.each<[what: string, path: keyof typeof texts, added: string, front: string | null]>([
    ["leave a script behind a plan of their own", "t/price.t", 'echo 1..2; echo "ok 1"; exit 0 # ten', ". ./src"],
    ["leave it under a condition", "t/price.t", "if true; then\n  exit 0\nfi", "if ["],
    ["leave it in an `&&`", "t/price.sh", "true && exit", "if ["],
    ["run another in its place", "t/price.t", "exec ./t/more.t", "if ["],
    ["hold what follows in a branch", "t/price.t", "if false; then", "if ["],
    ["hold what follows in a function", "t/price.t", "never() {", "if ["],
    ["hold what follows in a here-document", "t/price.sh", ": <<'END'", "if ["],
    ["hold what follows in a text", "t/price.t", "x='", "if ["],
    ["give a function another meaning", "t/price.t", "price() { echo 1; }", "if ["],
    ["give a command another meaning", "t/price.sh", "alias price='echo 1'", "if ["],
    ["are run when the script ends", "t/price.t", "trap 'echo ok' EXIT", null],
    ["leave a script of Perl in a block", "t/price.pl", "if (1) {\n  exit 0;\n}", "is(price(1)"],
    ["end the text of a script", "t/price.pl", "__END__", "is(price(1)"],
    ["make documentation of it", "t/price.pl", "=pod", "is(price(1)"],
    ["give a function of Perl another meaning", "t/price.pl", "sub price { shift }", "is(price(1)"],
    ["leave a test of Go", "price_test.go", "\treturn", "\tif got"],
    ["leave a test of Go in a branch", "price_test.go", "\tif ready() {\n\t\treturn\n\t}", "\tif got"],
    ["hide a name in a test of Go", "price_test.go", "\tPrice := func(int) int { return 1 }", "\tif got"],
    ["are run around all tests of Go", "price_test.go", "func TestMain(m *testing.M) {\n\tstop(0)\n}", null],
    ["leave a test of Java", "PriceTest.java", "    if (true) return;", "    assertEquals(1"],
    ["are run before each test of Java", "PriceTest.java", "  @BeforeEach\n  void quiet() {\n  }\n", "  @Test"],
    ["leave a test of Ruby", "price_test.rb", "    return", "    assert_equal 2"],
    ["are run before each test of Ruby", "price_test.rb", "  def setup()\n    quiet\n  end\n", "  def test_one"],
    ["leave a program of C", "test/price.c", "  return 0;", "  assert"],
    ["give a name another meaning in C", "test/price.c", "#define price(amount) (amount)", "int main"],
    ["give a parameter another value in a helper of C", "test/near.c", "  if (name[0] == 'a') ok = 1;", "  if (!ok)"],
    ["take a part out of C", "test/price.c", "#if 0", "  assert"],
    ["define what others include", "test/near.h", "#define assert(claim)", "#endif"],
    ["leave a test of bats", "test/price.bats", "  return 0", "  run"],
    ["are run before each test of bats", "test/price.bats", "setup() {\n  :\n}", null],
  ])("%s", (_what, path, added, front) => {
    expect(acts(path, added, front)).toBe(true);
  });
});

describe("added lines do not act on those of before that", () => {
  const tenOfShell = 'if [ "$(price 10)" = 8 ]; then echo "ok 3 - ten"; else echo "not ok 3 - don\'t"; fi';
  test.each<[what: string, path: keyof typeof texts, added: string, front: string | null]>([
    ["test behind them", "t/price.t", tenOfShell, null],
    ["test in front of them", "t/price.sh", tenOfShell, "if ["],
    [
      "test over several lines",
      "t/price.t",
      'if [ "$(price 10)" = 8 ]\nthen\n  echo ok 3\nelse\n  echo not ok 3\nfi',
      "if [",
    ],
    ["leave behind the last of them", "t/price.t", "exit 0", null],
    ["leave a function of their own", "t/price.sh", "is() {\n  return 1\n}\nis 1", "if ["],
    ["set a name of their own", "t/price.t", 'ten=$(price 10)\necho "# $ten"', "if ["],
    ["print a text of their own", "t/price.sh", "cat <<END\nexit\nEND", "if ["],
    ["test in front of the end of Perl", "t/price.pl", 'is(price(10), 8, "ten");', "done_testing"],
    [
      "test in Perl in front of them",
      "t/price.pl",
      'subtest "ten" => sub {\n  return is(price(10), 8);\n};',
      "is(price(1)",
    ],
    [
      "are a test of Go",
      "price_test.go",
      "func TestTen(t *testing.T) {\n\tgot := Price(10)\n\tif got != 8 {\n\t\treturn\n\t}\n}\n",
      "func TestOne",
    ],
    [
      "are a test of Java",
      "PriceTest.java",
      "  @Test\n  void ten() {\n    if (late()) {\n      return;\n    }\n    assertEquals(8, Price.of(10));\n  }\n",
      "  @Test",
    ],
    [
      "are a test of Ruby",
      "price_test.rb",
      "  def test_ten\n    return if late?\n    assert_equal 8, price(10)\n  end\n",
      "  def test_one",
    ],
    ["assert more in a test of Ruby", "price_test.rb", "    assert_equal 8, price(10)", "    assert_equal 1"],
    ["assert more in C", "test/price.c", "  assert(price(10) == 8);", "  assert"],
    ["include more in C", "test/price.c", '#include "more.h"\n#define TEN 10', "int main"],
    ["declare names of their own in C", "test/near.c", "  int total = 1;\n  int ok2 = total;", "  if (!ok)"],
    ["declare more for others", "test/near.h", "int far(int left, int right);", "#endif"],
    ["are a test of bats", "test/price.bats", '@test "ten" {\n  run price 10\n  if late; then return; fi\n}', "@test"],
    ["are comments", "t/price.t", "# exit 0, don't", "if ["],
  ])("%s", (_what, path, added, front) => {
    expect(acts(path, added, front)).toBe(false);
  });
});
