import { expect, test } from "vitest";
import { createMetrics } from "./metrics.ts";

test("answers, refusals, decisions and requests in work are counted under their names", async () => {
  const metrics = createMetrics();
  metrics.answered("claimTask", 200, 0.003);
  metrics.answered("claimTask", 200, 0.003);
  metrics.rejected("unauthenticated");
  const denial = { command: "call_tool", effect: "deny", code: "path_not_allowed", tool: "bash", phase: "TDD" };
  metrics.decided(denial);
  metrics.decided({ ...denial, tool: "made_up_by_an_agent" });
  metrics.decided({ command: "claim", effect: "allow", code: null, tool: null, phase: "TDD" });
  metrics.watchInFlight(() => 5);
  const lines = (await metrics.text()).split("\n");
  expect(lines).toContain('phasegate_http_requests_total{operation="claimTask",status="200"} 2');
  expect(lines).toContain('phasegate_http_request_seconds_bucket{le="0.005",operation="claimTask"} 2');
  expect(lines).toContain('phasegate_http_rejected_total{code="unauthenticated"} 1');
  const denied = 'phasegate_decisions_total{command="call_tool",effect="deny",code="path_not_allowed"';
  expect(lines).toContain(`${denied},tool="bash",phase="TDD"} 1`);
  expect(lines).toContain(`${denied},tool="other",phase="TDD"} 1`);
  expect(lines).toContain('phasegate_decisions_total{command="claim",effect="allow",code="",tool="",phase="TDD"} 1');
  expect(lines).toContain("phasegate_http_requests_in_flight 5");
});

test("phases without end share one count", async () => {
  const metrics = createMetrics();
  for (let phase = 0; phase < 150; phase += 1) {
    metrics.decided({ command: "claim", effect: "allow", code: null, tool: null, phase: `PHASE_${phase}` });
  }
  const lines = (await metrics.text()).split("\n").filter((line) => line.startsWith("phasegate_decisions_total{"));
  expect(lines).toHaveLength(101);
  expect(lines).toContain('phasegate_decisions_total{command="claim",effect="allow",code="",tool="",phase="other"} 50');
});
