import { PhasegateError } from "@phasegate/wire";
import { digestJson } from "@phasegate/wire/core";
import { afterEach, expect, test } from "vitest";
import { LargeBodies, type LargeBody } from "./large-bodies.ts";

const bodies = new LargeBodies();
afterEach(() => bodies.close());

const read = async (text: string): Promise<LargeBody | undefined> => {
  const { promise, resolve, reject } = Promise.withResolvers<LargeBody | undefined>();
  bodies.parse(Buffer.from(text), { wantsDigest: true }, (error, body) => (error ? reject(error) : resolve(body)));
  return promise;
};

test("large bodies are read and refused in their order, as small ones are", async () => {
  const value = { path: "a", content: "é\n".repeat(200_000), list: [1, null, { b: true }] };
  const answers = await Promise.allSettled([JSON.stringify(value), '{"a":1,"a":2}', '{"b":1,"a":2}'].map(read));
  const hint = "send one JSON object in UTF-8";
  expect(answers).toEqual([
    { status: "fulfilled", value: { value, digest: digestJson(value) } },
    { status: "rejected", reason: new PhasegateError("malformed_request", "the body names a member twice", { hint }) },
    { status: "fulfilled", value: { value: { a: 2, b: 1 }, digest: digestJson({ a: 2, b: 1 }) } },
  ]);
});

test("a body that the thread came to no end with is refused, and the next one has a thread", async () => {
  const lost = read("1");
  await Promise.all([bodies.close(), expect(lost).rejects.toThrow("the thread that reads large bodies ended")]);
  expect(await read("2")).toEqual({ value: 2, digest: digestJson(2) });
});

test("a large body holds up no other call while it is read", async () => {
  const order: string[] = [];
  const body = read(JSON.stringify("x".repeat(300_000))).then(() => order.push("body"));
  setImmediate(() => order.push("another call"));
  await body;
  expect(order).toEqual(["another call", "body"]);
});
