import { PhasegateError } from "@phasegate/wire/core";
import { sqlFailure } from "./driver.ts";
import type { WriterFailure } from "./protocol.ts";

/** A coded error in a form that survives the way between threads, cause included. */
export function encodeFailure(error: PhasegateError): WriterFailure {
  const cause = error.cause;
  return {
    code: error.code,
    message: error.message,
    hint: error.extras.hint ?? null,
    cause:
      cause instanceof Error ? { message: cause.message, resultCode: sqlFailure(cause)?.resultCode ?? null } : null,
  };
}

/** The coded error again. Its cause names SQLite's primary result code as `resultCode`. */
export function decodeFailure({ code, message, hint, cause }: WriterFailure): PhasegateError {
  return new PhasegateError(
    code,
    message,
    hint === null ? {} : { hint },
    cause === null ? {} : { cause: Object.assign(new Error(cause.message), { resultCode: cause.resultCode }) },
  );
}
