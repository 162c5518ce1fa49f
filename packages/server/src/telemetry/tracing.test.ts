import { PhasegateError } from "@phasegate/wire";
import { expect, test } from "vitest";
import { noTracing, openTracing } from "./tracing.ts";

const version = "0.0.0";

test("without an endpoint nothing is traced, and the work is done all the same", async () => {
  const tracing = await openTracing({ endpoint: null, version });
  expect(tracing).toBe(noTracing);
  expect(await tracing.span("work", {}, async () => tracing.traceparent())).toBeNull();
});

test("a span goes on in the trace that it is given, and one in a broken trace begins its own", async () => {
  const tracing = await openTracing({ endpoint: "http://127.0.0.1:1", version });
  const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  const at = (given: string | null) =>
    tracing.span("work", { parent: given }, () => Promise.resolve(tracing.traceparent()));
  expect(await at(parent)).toMatch(/^00-0af7651916cd43dd8448eb211c80319c-(?!b7ad6b7169203331)[0-9a-f]{16}-01$/);
  for (const broken of [null, "", "00-xyz", `${parent}-00`, parent.toUpperCase()]) {
    expect(await at(broken)).toMatch(/^00-(?!0af76519)[0-9a-f]{32}-[0-9a-f]{16}-01$/);
  }
  expect(tracing.traceparent()).toBeNull();
});

test("a collector that is away neither fails the work nor hides what it threw", async () => {
  const tracing = await openTracing({ endpoint: "http://127.0.0.1:1", version });
  const refused = new PhasegateError("forbidden", "not yours");
  await expect(tracing.span("work", {}, () => Promise.reject(refused))).rejects.toBe(refused);
});
