import { expect, test } from "vitest";
import { createLoggerTo } from "./logger.ts";
import { RejectionLog } from "./rejection-log.ts";

function captured() {
  const lines: string[] = [];
  return { lines, log: createLoggerTo({ write: (line) => lines.push(line) }, "info") };
}

test("secrets never reach a log, at the top or further down", () => {
  const { lines, log } = captured();
  log.info({
    phase_token: "S3CRET",
    key: "S3CRET",
    body: { phase_token: "S3CRET", new_token: "S3CRET" },
    headers: { authorization: "S3CRET", "phase-token": "S3CRET" },
    request: { headers: { authorization: "S3CRET", "phase-token": "S3CRET" } },
    task_id: "task_1",
  });
  expect(lines).toHaveLength(1);
  expect(lines[0]).not.toContain("S3CRET");
  expect(JSON.parse(lines[0] ?? "")).toMatchObject({ level: "info", task_id: "task_1", key: "[redacted]" });
});

test("refusals are logged at a limited rate, and what was left out is counted", () => {
  const { lines, log } = captured();
  const time = { now: 0 };
  const rejections = new RejectionLog(log, () => time.now);
  const refusal = { code: "unauthenticated", method: "GET", operation: "x", request_id: "r" };
  for (let count = 0; count < 100; count += 1) rejections.write(refusal);
  expect(lines).toHaveLength(20);
  time.now = 60_000;
  rejections.write(refusal);
  expect(lines.slice(20).map((line) => (JSON.parse(line) as { left_out?: number }).left_out)).toEqual([80, undefined]);
});
