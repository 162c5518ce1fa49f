import { describe, expect, test } from "vitest";
import { actingPartsOfNew, rewrittenParts } from "../rewritten-parts.ts";

const patch = "shop.price = (n) => n";

describe("a new helper that gives a member of what it imports another value as it loads is named:", () => {
  test.each([
    ["in a list that is set", "[shop.price] = [(n) => n];"],
    ["in an object that is set", "({ p: shop.price } = { p: (n) => n });"],
    ["as what a loop sets", "for (shop.price of [(n) => n]);"],
    ["by another name", "const s = shop;\nObject.defineProperty(s, 'price', {});"],
    ["by the name of a loop", "for (const s of [shop]) s.price = 1;"],
    ["by a member of an object", "const t = { shop };\nt.shop.price = 1;"],
    ["by a function of the file", "const swap = (o, k, v) => { o[k] = v; };\nswap(shop, 'price', 1);"],
    ["by a default", "((s = shop) => { s.price = 1; })();"],
    ["by a callback", "Object.values({ shop }).forEach((s) => { s.price = 1; });"],
    ["of a module that it loads by a call", "const m = await import('../src/shop.js');\nm.shop.price = 1;"],
  ])("%s", (_, code) => {
    const text = `import { shop } from "../src/shop.js";\n${code}\nexport const eight = 8;\n`;
    expect(actingPartsOfNew("test/eight.js", text)).not.toEqual([]);
  });

  test.each([
    ["what it makes of it", "const app = shop(1);\nconst state = { total: 0 };\nstate.total = shop.price(2);"],
    [
      "what it collects from it",
      "const known = [];\nfor (const [name] of shop) known.push(name);\nknown.first = shop.get(1);",
    ],
    ["what it holds in a list", "export const all = [shop, 1];"],
    [
      "its own",
      "const seen = new Set();\nexport const sums = [1].reduce((all, n) => { all[n] = n; return all; }, {});",
    ],
    ["a copy, in a function", "export function fake() { const made = { ...shop }; made.price = 1; return made; }"],
    [
      "what a function of the test is given",
      "export async function open(handler) { const server = shop(handler); server.timeout = 1; return server; }",
    ],
  ])("but not %s", (_, code) => {
    const text = `import { shop } from "../src/shop.js";\n${code}\n`;
    expect(actingPartsOfNew("test/eight.js", text)).toEqual([]);
  });

  test("but not what a typed function does when it is called", () => {
    const text = `import type { Shop } from "../src/shop.ts";\nexport function made(shop: Shop): Promise<Shop | null> {\n  shop.price = 1;\n  return Promise.resolve(shop);\n}\n`;
    expect(actingPartsOfNew("test/made.ts", text)).toEqual([]);
  });
});

const table = `import assert from "node:assert";
import test from "node:test";
import { shop } from "../src/shop.js";
const rows = [
  { n: 5, want: 5 },
  { n: 6, want: 6 },
];
for (const { n, want } of rows) test(\`t \${n}\`, () => assert.equal(shop.price(n), want));
`;

function withRow(row: string): readonly string[] {
  const after = table.replace("  { n: 6, want: 6 },\n", `  { n: 6, want: 6 },\n  ${row},\n`);
  const { tests, beside } = rewrittenParts("test/table.test.js", table, after);
  return [...tests, ...beside];
}

describe("a table that gets a row is named, where that changes what other rows test:", () => {
  test.each([
    ["by an accessor", `{ get n() { ${patch}; return 1; }, want: 1 }`],
    ["by an accessor of its prototype", `{ __proto__: { get n() { ${patch}; return 1; } }, want: 1 }`],
    ["as it is made a number", `{ n: { valueOf() { ${patch}; return 1; } }, want: 1 }`],
    ["by the tag of a template", `{ n: 1, want: 1, note: ((s) => (${patch}))\`x\` }`],
    ["by what it makes", `{ n: 1, want: 1, note: new (function () { ${patch}; }) }`],
    ["by an iterator", `...{ *[Symbol.iterator]() { ${patch}; yield { n: 1, want: 1 }; } }`],
    ["in a list that is set", "{ n: 1, want: 1, note: [shop.price] = [(n) => n] }"],
    ["by another name", "{ n: 1, want: 1, note: ((s) => { s.price = 1; })(shop) }"],
  ])("%s", (_, row) => {
    expect(withRow(row)).toContain("rows");
  });

  test.each([
    ["of a call", "{ n: 7, want: shop.price(7) }"],
    ["of values", "{ n: new Date(0), want: [1, { a: 2 }] }"],
    ["with an accessor of its own", "{ get n() { return 7; }, want: 7 }"],
    ["with a function that sets what it is given", "{ n: (cart) => { cart.rows = []; }, want: 1 }"],
    ["with the module itself", "{ n: shop, want: `a ${1 + 1}` }"],
  ])("but not one %s", (_, row) => {
    expect(withRow(row)).toEqual([]);
  });

  test.each<[row: string, isTold: boolean]>([
    ["(1, (price := (lambda n: n)) and 1)", true],
    ["*[(price.__setattr__('__code__', x), 3)]", true],
    ["(price(7), [k for k in (1, 2)][0])", false],
    ["((own := 3), own)", false],
  ])("`%s` in Python: %s", (row, isTold) => {
    const before =
      "import pytest\nfrom shop import price\n\n@pytest.mark.parametrize('n, want', [(5, 5), (6, 6)])\ndef test_price(n, want):\n    assert price(n) == want\n";
    const { tests, beside } = rewrittenParts("test_price.py", before, before.replace("(6, 6)", `(6, 6), ${row}`));
    expect(tests.length + beside.length > 0).toBe(isTold);
  });
});
