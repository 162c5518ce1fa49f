import { setTimeout as pause } from "node:timers/promises";
import pino from "pino";
import { expect, test } from "vitest";
import { serverBreakers } from "./server-breakers.ts";

const settings = { failure_threshold: 5, success_threshold: 1, timeout_seconds: 30, half_open_max_calls: 1 };
const silent = pino({ level: "silent" });

test.each([
  ["opens when half of the last calls were slow", 0.001, "OPEN"],
  ["stays closed however slow its calls are, where no bound is set", null, "CLOSED"],
])("the circuit to an outside system %s", async (_, slow_call_seconds, state) => {
  const breakers = serverBreakers({ ...settings, slow_call_seconds, slow_call_percent: 50 }, silent);
  for (let call = 0; call < 20; call += 1) await breakers.call("webhook:slow", () => pause(call < 10 ? 0 : 3));
  expect(breakers.get("webhook:slow").state).toBe(state);
});
