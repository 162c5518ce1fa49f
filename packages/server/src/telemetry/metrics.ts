import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";

/** The figures of one server, for `/metrics`. */
export interface Metrics {
  readonly contentType: string;
  text(): Promise<string>;
  answered(operationId: string, status: number, seconds: number): void;
  /** A request that was refused before any use case ran; these are counted, not ledgered. */
  rejected(code: string): void;
  /** A decision that was recorded. */
  decided(command: string, effect: string): void;
  inFlight(count: number): void;
}

export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: "phasegate_" });
  const requests = new Counter({
    name: "phasegate_http_requests_total",
    help: "Answers by operation and status.",
    labelNames: ["operation", "status"] as const,
    registers: [registry],
  });
  const durations = new Histogram({
    name: "phasegate_http_request_seconds",
    help: "Time from the headers to the answer.",
    labelNames: ["operation"] as const,
    buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10, 60],
    registers: [registry],
  });
  const rejected = new Counter({
    name: "phasegate_http_rejected_total",
    help: "Requests refused before a decision, by code.",
    labelNames: ["code"] as const,
    registers: [registry],
  });
  const decisions = new Counter({
    name: "phasegate_decisions_total",
    help: "Recorded decisions by command and effect.",
    labelNames: ["command", "effect"] as const,
    registers: [registry],
  });
  const running = new Gauge({
    name: "phasegate_http_requests_in_flight",
    help: "Requests in work.",
    registers: [registry],
  });
  return {
    contentType: registry.contentType,
    text: () => registry.metrics(),
    answered(operationId, status, seconds) {
      requests.inc({ operation: operationId, status });
      durations.observe({ operation: operationId }, seconds);
    },
    rejected: (code) => rejected.inc({ code }),
    decided: (command, effect) => decisions.inc({ command, effect }),
    inFlight: (count) => running.set(count),
  };
}
