/** W3C Trace Context, for requests that belong to a trace. */
export type TraceHeaders = { readonly traceparent?: string; readonly tracestate?: string };

/** The part of OpenTelemetry's global API that is looked at. */
interface GlobalApi {
  readonly context?: { active(): unknown };
  readonly propagation?: {
    inject(
      context: unknown,
      carrier: Record<string, string>,
      setter: { set(carrier: Record<string, string>, key: string, value: string): void },
    ): void;
  };
}

const key = Symbol.for("opentelemetry.js.api.1");

/** Headers of the trace that the program is in, where it has set OpenTelemetry up; none where it has not. */
export function globalTraceHeaders(): TraceHeaders {
  const api = (globalThis as { readonly [key]?: GlobalApi })[key];
  if (!api?.context || !api.propagation) return {};
  const carrier: Record<string, string> = {};
  try {
    api.propagation.inject(api.context.active(), carrier, {
      set: (into, name, value) => {
        into[name] = value;
      },
    });
  } catch {
    // A trace is worth no call.
    return {};
  }
  const { traceparent, tracestate } = carrier;
  if (traceparent === undefined) return {};
  return tracestate === undefined ? { traceparent } : { traceparent, tracestate };
}
