import { PhasegateError } from "@phasegate/wire";
import { Type } from "typebox";
import { expect, test } from "vitest";
import { ValidatorCompiler } from "./validation.ts";

const compiler = new ValidatorCompiler();

function findingsOf(run: () => void): unknown {
  try {
    run();
  } catch (error) {
    return error instanceof PhasegateError ? error.extras.findings : error;
  }
  return "accepted";
}

test("null is absent where a member is optional, at any depth, and data where it is free", () => {
  const validate = compiler.body(
    Type.Object({
      name: Type.Optional(Type.String()),
      inner: Type.Optional(Type.Object({ size: Type.Optional(Type.Integer()) })),
      list: Type.Optional(Type.Array(Type.Object({ note: Type.Optional(Type.String()) }))),
      free: Type.Optional(Type.Unsafe<object>({ type: "object" })),
      empty: Type.Optional(Type.Union([Type.String(), Type.Null()])),
    }),
  );
  const value = { name: null, inner: { size: null }, list: [{ note: null }], free: { a: null }, empty: null };
  validate(value);
  expect(value).toEqual({ inner: {}, list: [{}], free: { a: null }, empty: null });
});

test("all mistakes are told at once, defaults are filled in, nothing in a body is converted", () => {
  const validate = compiler.body(
    Type.Object({ count: Type.Integer({ default: 3 }), kind: Type.Enum(["a", "b"]) }, { additionalProperties: false }),
  );
  const value = { kind: "a" };
  validate(value);
  expect(value).toEqual({ kind: "a", count: 3 });
  expect(findingsOf(() => validate({ count: "3", kind: "c", more: 1 }))).toEqual([
    { place: "/more", message: "is not a member of this request" },
    { place: "/count", message: "must be integer" },
    { place: "/kind", message: "must be one of `a`, `b`" },
  ]);
});

test("a query's text becomes the number, truth value or list that it stands for", () => {
  const validate = compiler.query(
    Type.Object({
      limit: Type.Optional(Type.Integer()),
      success: Type.Optional(Type.Boolean()),
      type: Type.Optional(Type.Array(Type.String())),
      none: Type.Optional(Type.String({ minLength: 1 })),
    }),
  );
  const value = { limit: "5", success: "true", type: "a", none: "" };
  validate(value);
  expect(value).toEqual({ limit: 5, success: true, type: ["a"] });
  expect(findingsOf(() => validate({ success: "maybe" }))).toEqual([
    { place: "/query/success", message: "must be boolean" },
  ]);
});

test("the list of mistakes is bounded", () => {
  const validate = compiler.body(Type.Array(Type.Integer()));
  expect(findingsOf(() => validate(Array.from({ length: 1_000 }, () => "x")))).toHaveLength(50);
  expect(findingsOf(() => validate(Array.from({ length: 100_000 }, () => "x")))).toHaveLength(1);
});
