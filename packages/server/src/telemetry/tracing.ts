/** What a span says: ids, names from closed lists, counts, codes. Never arguments, results, paths or credentials. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean>>;

export interface WorkSpan {
  set(attributes: SpanAttributes): void;
}

export interface SpanOptions {
  readonly attributes?: SpanAttributes;
  /** W3C `traceparent` of what asked for the work. Absent: what runs now; null, or no such value: nothing did. */
  readonly parent?: string | null;
  /** `server`: a request that came in. Default: `internal`. */
  readonly kind?: "server" | "internal";
}

/** Traces of the server's work; a trace that cannot be sent is lost and holds nothing up. */
export interface Tracing {
  /** Runs `work` as a span; what it starts, also after it waited for something, is below this span. */
  span<Result>(name: string, options: SpanOptions, work: (span: WorkSpan) => Promise<Result>): Promise<Result>;
  /** W3C `traceparent` of what runs now, to hand on with a job; null when it is in no trace. */
  traceparent(): string | null;
  /** Sends what waits, for a bounded time. */
  close(): Promise<void>;
}

const noSpan: WorkSpan = { set: () => undefined };

/** Traces nothing and costs a call. */
export const noTracing: Tracing = {
  span: (_name, _options, work) => work(noSpan),
  traceparent: () => null,
  close: () => Promise.resolve(),
};

/** Traces to an OTLP endpoint; the OpenTelemetry packages are loaded only where there is one. */
export async function openTracing(options: {
  readonly endpoint: string | null;
  readonly version: string;
}): Promise<Tracing> {
  if (options.endpoint === null) return noTracing;
  const { OtlpTracing } = await import("./otlp-tracing.ts");
  return new OtlpTracing({ endpoint: options.endpoint, version: options.version });
}
