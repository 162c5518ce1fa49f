import { findTool } from "@phasegate/workflow";
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";

/** The figures of one server, for `/metrics`. */
export interface Metrics {
  readonly contentType: string;
  text(): Promise<string>;
  answered(operationId: string, status: number, seconds: number): void;
  /** A request that was refused before any use case ran; these are counted, not ledgered. */
  rejected(code: string): void;
  /** A decision on a task that was recorded. */
  decided(decision: DecisionLabels): void;
  /** Reads the number of requests in work whenever the figures are asked for. */
  watchInFlight(read: () => number): void;
}

/** What a decision is counted by. Commands, effects and codes are of closed lists; tools and phases are bounded here. */
export interface DecisionLabels {
  readonly command: string;
  readonly effect: string;
  /** Of the first reason; null where there is none. */
  readonly code: string | null;
  /** Null for commands that call no tool. */
  readonly tool: string | null;
  readonly phase: string;
}

/** Different phases that have a count of their own; those of workflows that come later share `other`. */
const maxPhases = 100;
const other = "other";

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
    help: "Recorded decisions by command, effect, code of the first reason, tool and phase.",
    labelNames: ["command", "effect", "code", "tool", "phase"] as const,
    registers: [registry],
  });
  let readInFlight = () => 0;
  const inFlight: Gauge = new Gauge({
    name: "phasegate_http_requests_in_flight",
    help: "Requests in work.",
    registers: [],
    collect: () => {
      inFlight.set(readInFlight());
    },
  });
  registry.registerMetric(inFlight);
  // Looked up by labels once: that costs more than the count itself.
  const counts = new Map<string, Counter.Internal>();
  const phases = new Set<string>();
  const times = new Map<string, Histogram.Internal<"operation">>();
  return {
    contentType: registry.contentType,
    text: () => registry.metrics(),
    answered(operationId, status, seconds) {
      const labels = `${operationId} ${status}`;
      let count = counts.get(labels);
      if (!count) counts.set(labels, (count = requests.labels(operationId, String(status))));
      let time = times.get(operationId);
      if (!time) times.set(operationId, (time = durations.labels(operationId)));
      count.inc();
      time.observe(seconds);
    },
    rejected: (code) => rejected.inc({ code }),
    decided({ command, effect, code, tool, phase }) {
      if (phases.size < maxPhases) phases.add(phase);
      decisions.inc({
        command,
        effect,
        code: code ?? "",
        tool: tool === null ? "" : findTool(tool) === null ? other : tool,
        phase: phases.has(phase) ? phase : other,
      });
    },
    watchInFlight(read) {
      readInFlight = read;
    },
  };
}
