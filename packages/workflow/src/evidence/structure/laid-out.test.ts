import { expect, test } from "vitest";
import { rewrittenParts } from "../rewritten-parts.ts";

const rust = '#[test]\nfn a() { assert_eq!(f(1, 2), 3, "m n"); }\n\n#[test]\nfn b() {\n    assert!(f((1,)));\n}\n';
const c = "int main(void) { if (f(1) != 2) return 1; for (int i = 0; i < 2; i++) g(i); return 0; }\n";
const java = "class ATest {\n  @Test void a() { if (x) same(1, f(1)); else fail(); run(() -> f(1)); }\n}\n";
const go = 'package a\n\nfunc TestA(t *testing.T) {\n\tif f(1, 2) != 3 { t.Fatal("x y") }\n}\n';

const rustLaidOut = rust.replace(
  '{ assert_eq!(f(1, 2), 3, "m n"); }',
  '{\n    assert_eq!(\n        f(1, 2),\n        3, // three\n        "m n",\n    );\n}',
);
const cLaidOut =
  "int main(void)\n{\n  if (f(1) != 2) {\n    return 1;\n  }\n  for (int i = 0; i < 2; i++)\n    g(i);\n  return 0;\n}\n";
const javaLaidOut =
  "class ATest {\n    @Test\n    void a() {\n        if (x) {\n            same(\n                1, f(1));\n        } else {\n            fail();\n        }\n        run(() -> f(1));\n    }\n}\n";
const goLaidOut =
  'package a\n\nfunc TestA(t *testing.T) {\n\tif f(\n\t\t1,\n\t\t2,\n\t) != 3 {\n\t\tt.Fatal("x y")\n\t}\n}\n';

const files = [
  ["tests/a.rs", rust, rustLaidOut, "#[test]\nfn more() {\n    assert!(g());\n}\n"],
  ["tests/a_test.c", c, cLaidOut, "static int more(void) {\n  return 2;\n}\n"],
  ["ATest.java", java, javaLaidOut, "class Other {\n    int more() {\n        return 2;\n    }\n}\n"],
  ["a_test.go", go, goLaidOut, "func TestMore(t *testing.T) {\n\tif g() {\n\t\tt.Fatal()\n\t}\n}\n"],
] as const;

test.each(files)("how `%s` is wrapped says nothing, alone or beside what is new", (path, before, after, more) => {
  for (const text of [after, after + more]) {
    expect(rewrittenParts(path, before, text)).toEqual({ tests: [], beside: [], stricter: [] });
  }
});

test.each([
  ["another number", "tests/a.rs", rust, rustLaidOut, "3, //", "4, //"],
  ["a blank in a text", "tests/a.rs", rust, rustLaidOut, '"m n"', '"mn"'],
  ["no list any more", "tests/a.rs", rust, rustLaidOut, "(1,)", "(1)"],
  ["an early end", "tests/a.rs", rust, rustLaidOut, "    assert_eq!(", "    return;\n    assert_eq!("],
  ["a comment round it", "tests/a.rs", rust, rustLaidOut, /assert_eq[^;]*;/, "/* $& */"],
  ["a body that is empty", "tests/a_test.c", c, cLaidOut, "{\n    return 1;\n  }", "{\n  }\n  return 1;"],
  ["a macro in front", "tests/a_test.c", c, cLaidOut, "int main", "#define f(x) 2\nint main"],
  [
    "another order",
    "tests/a_test.c",
    c,
    cLaidOut,
    /^ {2}if[^}]*\}\n([^}]*return 0;\n)/m,
    "$1  if (f(1) != 2) {\n    return 1;\n  }\n",
  ],
  ["an annotation", "ATest.java", java, javaLaidOut, "@Test", "@Disabled @Test"],
  ["another branch", "ATest.java", java, javaLaidOut, "fail();", "same(1, 1);"],
  ["another call", "a_test.go", go, goLaidOut, "t.Fatal", "t.Log"],
  [
    "a carriage return that may end a comment",
    "ATest.java",
    java,
    javaLaidOut,
    "if (x)",
    "// x\rreturn;\n        if (x)",
  ],
])("%s is told where `%s` is wrapped otherwise", (_, path, before, after, from, to) => {
  expect(after.replace(from, to)).not.toBe(after);
  expect(rewrittenParts(path, before, after.replace(from, to)).beside).not.toEqual([]);
});
