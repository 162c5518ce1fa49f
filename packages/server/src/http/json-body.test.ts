import * as fc from "fast-check";
import { expect, test } from "vitest";
import { parseJsonBody } from "./json-body.ts";

const refusal = (text: string): string => {
  try {
    parseJsonBody(Buffer.from(text));
    return "taken";
  } catch (error) {
    return (error as Error).message;
  }
};

const numbered = (count: number): string => Array.from({ length: count }, (_, index) => `"k${index}":1`).join(",");

test("a body of many members, and a text of many commas, are taken", () => {
  expect(refusal(`{${numbered(50_000)}}`)).toBe("taken");
  expect(refusal(JSON.stringify({ content: "a, b: c,".repeat(1_000_000) }))).toBe("taken");
});

test.each([
  ["two members of one name", '{"a":1,"a":2}', "the body names a member twice"],
  ["two deep in a list", '{"list":[{"b":{},"c":"x","b":{}}]}', "the body names a member twice"],
  ["one name in two spellings", '{"task_id":"a","task\\u005fid":"b"}', "the body names a member twice"],
  ["a prototype", '{"__proto__":{"admin":true}}', "the body names the member `__proto__`, which no request has"],
  ["two prototypes", '{"__proto__":1,"__proto__":2}', "the body names the member `__proto__`, which no request has"],
  ["nesting past 64", `${'{"a":'.repeat(65)}1${"}".repeat(65)}`, "the body is nested deeper than 64"],
  ["more members than rules can look at", `{${numbered(50_001)}}`, "the body has more than 50000 members and items"],
  ["more items", `[${"1,".repeat(50_000)}1]`, "the body has more than 50000 members and items"],
  ["a text that does not end", '{"a":"', "the body is not JSON"],
  ["a number past all bounds", '{"a":1e999}', "the body holds a number that is too large"],
])("%s is refused", (_what, text, message) => {
  expect(refusal(text)).toBe(message);
});

test("every JSON value that names each member once is taken as it is", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
      const text = JSON.stringify({ value, text: `{"a":1,\\"a\\":${JSON.stringify('a:"\\')}}` });
      if (text.includes('"__proto__"') || text.includes('"constructor"')) return;
      expect(parseJsonBody(Buffer.from(text))).toEqual(JSON.parse(text));
    }),
  );
});

test("a member that is named again is refused wherever it stands", () => {
  const name = fc
    .string({ minLength: 1, maxLength: 5 })
    .filter((text) => text !== "__proto__" && text !== "constructor");
  fc.assert(
    fc.property(name, fc.jsonValue({ maxDepth: 2 }), (member, value) => {
      const text = JSON.stringify(value);
      if (text.includes('"__proto__"') || text.includes('"constructor"')) return;
      const twice = `[{${JSON.stringify(member)}:${text}, ${JSON.stringify(member)} : 0}]`;
      expect(refusal(twice)).toBe("the body names a member twice");
    }),
  );
});

test("a list of as many texts as there may be is read in the time that it takes to read it", () => {
  const body = Buffer.from(`[${`"${"a".repeat(100)}",`.repeat(49_999)}"a"]`);
  const started = process.threadCpuUsage();
  parseJsonBody(body);
  expect(process.threadCpuUsage(started).user / 1_000).toBeLessThan(2_000);
});
