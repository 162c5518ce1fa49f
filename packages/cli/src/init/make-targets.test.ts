import { expect, test } from "vitest";
import { mayHaveTarget } from "./make-targets.ts";

test.each([
  ["a rule of its own", "test: all\n\tsh run.sh\n"],
  ["a rule of two colons", "test::\n"],
  ["a rule without a blank before", "all:\n\ttrue\ntest : all\n"],
  ["one of several targets", "check test: all\n"],
  ["one of several targets, the first", "test check: $(TESTS)\n"],
  ["targets on two lines", "check \\\n  test: all\n"],
  ["a target that is computed", "TGT = test\n$(TGT):\n\ttrue\n"],
  ["a file that is included", "include mk/test.mk\n"],
  ["a file that is included where it is there", "-include mk/test.mk\n"],
])("a makefile has, or may have, a rule for `test` with %s", (_, makefile) => {
  expect(mayHaveTarget(makefile, "test")).toBe(true);
});

test.each([
  ["none", "all:\n\ttrue\n"],
  ["nothing", ""],
  ["a variable of that name", "test := 1\ntest = 2\n"],
  ["a recipe that names it", "all:\n\ttest: no\n"],
  ["a comment that names it", "# test: later\nall:\n"],
  ["a longer name", "tests: all\ntest-unit:\n"],
  ["what depends on it", "all: test\n"],
])("a makefile has none with %s", (_, makefile) => {
  expect(mayHaveTarget(makefile, "test")).toBe(false);
});
