import { expect, test } from "vitest";
import { metricTable } from "./metric-table.ts";
import { createMetrics } from "./metrics.ts";

test("answers, refusals, decisions and requests in work are counted under their names", async () => {
  const metrics = createMetrics();
  metrics.answered("claimTask", 200, 0.003);
  metrics.answered("claimTask", 200, 0.003);
  metrics.rejected("unauthenticated");
  const denial = {
    command: "call_tool",
    effect: "deny",
    code: "path_not_allowed",
    tool: "bash",
    phase: "TDD",
    rule: "flow.yaml:9:49",
  };
  metrics.decided(denial);
  metrics.decided({ ...denial, tool: "made_up_by_an_agent" });
  metrics.decided({ command: "claim", effect: "allow", code: null, tool: null, phase: "TDD", rule: null });
  metrics.watchInFlight(() => 5);
  const lines = (await metrics.text()).split("\n");
  expect(lines).toContain('phasegate_http_requests_total{operation="claimTask",status="200"} 2');
  expect(lines).toContain('phasegate_http_request_seconds_bucket{le="0.005",operation="claimTask"} 2');
  expect(lines).toContain('phasegate_http_rejected_total{code="unauthenticated"} 1');
  const denied = 'phasegate_decisions_total{command="call_tool",effect="deny",code="path_not_allowed"';
  expect(lines).toContain(`${denied},tool="bash",phase="TDD",rule="flow.yaml:9:49"} 1`);
  expect(lines).toContain(`${denied},tool="other",phase="TDD",rule="flow.yaml:9:49"} 1`);
  expect(lines).toContain(
    'phasegate_decisions_total{command="claim",effect="allow",code="",tool="",phase="TDD",rule=""} 1',
  );
  expect(lines).toContain("phasegate_http_requests_in_flight 5");
});

test("a trigger that is given up for the first time is seen as a growth from 0", async () => {
  const lines = (await createMetrics().text()).split("\n");
  expect(lines).toContain('phasegate_triggers_total{action="webhook",status="failed"} 0');
});

test("phases without end share one count", async () => {
  const metrics = createMetrics();
  for (let phase = 0; phase < 150; phase += 1) {
    metrics.decided({ command: "claim", effect: "allow", code: null, tool: null, phase: `PHASE_${phase}`, rule: null });
  }
  const lines = (await metrics.text()).split("\n").filter((line) => line.startsWith("phasegate_decisions_total{"));
  expect(lines).toHaveLength(101);
  expect(lines).toContain(
    'phasegate_decisions_total{command="claim",effect="allow",code="",tool="",phase="other",rule=""} 50',
  );
});

test("the registry holds what the table lists, with its labels, and beside it only the process", async () => {
  const { registry } = createMetrics().instruments;
  const held = new Map((await registry.getMetricsAsJSON()).map((metric) => [metric.name, metric]));
  for (const { name, type, help } of Object.values(metricTable)) {
    expect(held.get(name)).toMatchObject({ type, help });
    held.delete(name);
  }
  const others = [...held.keys()].filter((name) => !/^phasegate_(process|nodejs)_/.test(name));
  expect(others).toEqual([]);
});

test("token failures are counted by code, other refusals are not", async () => {
  const metrics = createMetrics();
  metrics.tokenRefused("token_expired");
  metrics.tokenRefused("forbidden");
  metrics.decided({
    command: "transition",
    effect: "deny",
    code: "token_superseded",
    tool: null,
    phase: "TDD",
    rule: null,
  });
  const lines = (await metrics.text()).split("\n").filter((line) => line.startsWith("phasegate_token_failures_total"));
  expect(lines).toEqual([
    'phasegate_token_failures_total{code="token_expired"} 1',
    'phasegate_token_failures_total{code="token_superseded"} 1',
  ]);
});

test("a gauge that cannot be read is left out, and the rest is answered", async () => {
  const metrics = createMetrics();
  metrics.instruments.read("ledgerPosition", () => Promise.reject(new Error("the ledger is closed")));
  metrics.instruments.read("tasks", () => [{ labels: { status: "ready" }, value: 3 }]);
  const lines = (await metrics.text()).split("\n");
  expect(lines).toContain('phasegate_tasks{status="ready"} 3');
  expect(lines.filter((line) => line.startsWith("phasegate_ledger_position"))).toEqual([]);
});

test("the ledger's work is observed", async () => {
  const metrics = createMetrics();
  metrics.ledger.appended(0.002);
  metrics.ledger.committed({ operations: 3, commitSeconds: 0.0004 });
  const lines = (await metrics.text()).split("\n");
  expect(lines).toContain('phasegate_ledger_append_seconds_bucket{le="0.0025"} 1');
  expect(lines).toContain('phasegate_ledger_group_size_bucket{le="2"} 0');
  expect(lines).toContain('phasegate_ledger_group_size_bucket{le="4"} 1');
  expect(lines).toContain('phasegate_ledger_commit_seconds_bucket{le="0.0005"} 1');
});

test("ten who count at once, while others read, lose no count", async () => {
  const metrics = createMetrics();
  const users = Array.from({ length: 10 }, async () => {
    for (let call = 0; call < 20; call += 1) {
      metrics.answered("claimTask", 200, 0.003);
      await metrics.text();
    }
  });
  await Promise.all(users);
  const lines = (await metrics.text()).split("\n");
  expect(lines).toContain('phasegate_http_requests_total{operation="claimTask",status="200"} 200');
});
