import { expect, test } from "vitest";
import { createMetrics } from "./metrics.ts";

test("answers, refusals, decisions and requests in work are counted under their names", async () => {
  const metrics = createMetrics();
  metrics.answered("claimTask", 200, 0.003);
  metrics.answered("claimTask", 200, 0.003);
  metrics.rejected("unauthenticated");
  metrics.decided("authorize", "deny");
  metrics.watchInFlight(() => 5);
  const lines = (await metrics.text()).split("\n");
  expect(lines).toContain('phasegate_http_requests_total{operation="claimTask",status="200"} 2');
  expect(lines).toContain('phasegate_http_request_seconds_bucket{le="0.005",operation="claimTask"} 2');
  expect(lines).toContain('phasegate_http_rejected_total{code="unauthenticated"} 1');
  expect(lines).toContain('phasegate_decisions_total{command="authorize",effect="deny"} 1');
  expect(lines).toContain("phasegate_http_requests_in_flight 5");
});
