import type { CircuitState } from "@phasegate/resilience";
import type { PhasegateApiError } from "./errors.ts";

/** What a client does by itself, for logs. Nothing here needs an answer. */
export type ClientEvent =
  | { readonly type: "heartbeat"; readonly taskId: string; readonly leaseExpiresAt: string }
  /** The next beat tries again, sooner. */
  | { readonly type: "heartbeat_failed"; readonly taskId: string; readonly error: unknown }
  /** The server says that this client holds the task no longer. The next call says why. */
  | { readonly type: "hold_lost"; readonly taskId: string; readonly error: PhasegateApiError }
  /** A dead token was exchanged for a live one with the key. */
  | { readonly type: "token_renewed"; readonly taskId: string; readonly phase: string }
  | {
      readonly type: "retry";
      readonly method: string;
      readonly path: string;
      /** Sendings so far. */
      readonly attempt: number;
      readonly delayMs: number;
      readonly error: unknown;
    }
  /** `OPEN`: the server failed call after call, and the next ones are not made. */
  | { readonly type: "circuit"; readonly state: CircuitState }
  /** A phase in mode `permissive` allowed a call that `strict` would have denied. */
  | { readonly type: "warnings"; readonly tool: string; readonly warnings: readonly string[] };

export type ClientListener = (event: ClientEvent) => void;
