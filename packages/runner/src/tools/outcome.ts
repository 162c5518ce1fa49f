import { PhasegateError, systemFault, type JsonObject, type ReasonCode } from "@phasegate/wire";
import type { ToolOutcome } from "../port.ts";

/** Why a tool said no. Thrown inside tools only, and turned into an outcome by `settle`. */
export class ToolRefusal extends Error {
  readonly code: ReasonCode;
  readonly hint: string | undefined;
  readonly result: JsonObject | null;

  constructor(code: ReasonCode, message: string, extras: { hint?: string; result?: JsonObject } = {}) {
    super(message);
    this.code = code;
    this.hint = extras.hint;
    this.result = extras.result ?? null;
  }
}

/** Runs a tool's body. Refusals and registered errors become `failed` outcomes; anything else is a bug and rejects. */
export async function settle(body: () => Promise<JsonObject>): Promise<ToolOutcome> {
  const startedAt = performance.now();
  try {
    const result = await body();
    return { status: "completed", result, durationMs: performance.now() - startedAt };
  } catch (error) {
    const durationMs = performance.now() - startedAt;
    if (error instanceof ToolRefusal) {
      const { code, message, hint, result } = error;
      return { status: "failed", code, message, ...(hint === undefined ? {} : { hint }), result, durationMs };
    }
    const coded = systemFault(error) ?? error;
    if (coded instanceof PhasegateError) {
      const { code, message } = coded;
      const { hint } = coded.extras;
      return { status: "failed", code, message, ...(hint ? { hint } : {}), result: null, durationMs };
    }
    throw error;
  }
}
