import { AsyncLocalStorage } from "node:async_hooks";
import { type Context, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, type Tracer } from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BatchSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import { PhasegateError } from "@phasegate/wire";
import type { SpanOptions, Tracing, WorkSpan } from "./tracing.ts";

/** Spans that wait to be sent; more are dropped. */
const maxQueued = 2_048;
const sendEveryMs = 1_000;
const sendTimeoutMs = 5_000;
const traceparentPattern = /^00-(?<traceId>[0-9a-f]{32})-(?<spanId>[0-9a-f]{16})-(?<flags>[0-9a-f]{2})$/;

/** Spans over OTLP/HTTP as JSON. Nothing of it is global: several servers of one process trace apart. */
export class OtlpTracing implements Tracing {
  readonly #current = new AsyncLocalStorage<Context>();
  readonly #provider: TracerProvider;
  readonly #tracer: Tracer;

  constructor(options: { readonly endpoint: string; readonly version: string }) {
    const exporter = new OTLPTraceExporter({ url: tracesUrl(options.endpoint), timeoutMillis: sendTimeoutMs });
    this.#provider = new TracerProvider({
      resource: resourceFromAttributes({ "service.name": "phasegate", "service.version": options.version }),
      spanLimits: { attributeValueLengthLimit: 200, attributeCountLimit: 32 },
      spanProcessors: [
        new BatchSpanProcessor({
          exporter,
          maxQueueSize: maxQueued,
          scheduledDelayMillis: sendEveryMs,
          exportTimeoutMillis: sendTimeoutMs,
        }),
      ],
    });
    this.#tracer = this.#provider.getTracer("phasegate", options.version);
  }

  async span<Result>(
    name: string,
    { attributes = {}, parent, kind }: SpanOptions,
    work: (span: WorkSpan) => Promise<Result>,
  ): Promise<Result> {
    const above = parent === undefined ? this.#active() : contextOf(parent);
    const spanKind = kind === "server" ? SpanKind.SERVER : SpanKind.INTERNAL;
    const span = this.#tracer.startSpan(name, { attributes: { ...attributes }, kind: spanKind }, above);
    try {
      return await this.#current.run(trace.setSpan(above, span), () =>
        work({ set: (more) => void span.setAttributes({ ...more }) }),
      );
    } catch (error) {
      // Messages may name what a caller sent; codes do not.
      span.setAttribute("error.type", error instanceof PhasegateError ? error.code : "internal_error");
      span.setStatus({ code: SpanStatusCode.ERROR });
      throw error;
    } finally {
      span.end();
    }
  }

  traceparent(): string | null {
    const current = trace.getSpanContext(this.#active());
    if (current === undefined) return null;
    return `00-${current.traceId}-${current.spanId}-${current.traceFlags.toString(16).padStart(2, "0")}`;
  }

  async close(): Promise<void> {
    await this.#provider.shutdown().catch(() => undefined);
  }

  #active(): Context {
    return this.#current.getStore() ?? ROOT_CONTEXT;
  }
}

function contextOf(traceparent: string | null): Context {
  const parts = traceparentPattern.exec(traceparent ?? "")?.groups;
  if (parts === undefined) return ROOT_CONTEXT;
  return trace.setSpanContext(ROOT_CONTEXT, {
    traceId: String(parts["traceId"]),
    spanId: String(parts["spanId"]),
    traceFlags: Number.parseInt(String(parts["flags"]), 16),
    isRemote: true,
  });
}

/** The signal's own path, where only the collector was named. */
function tracesUrl(endpoint: string): string {
  const url = new URL(endpoint);
  if (url.pathname === "/") url.pathname = "/v1/traces";
  return url.href;
}
