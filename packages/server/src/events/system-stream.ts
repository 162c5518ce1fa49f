import type { Ledger } from "@phasegate/ledger";
import { type NewEvent, PhasegateError, type PrincipalId } from "@phasegate/wire";
import type { Clock } from "../context.ts";

const stream = "system";
const maxAttempts = 20;

/** Appends to the stream of what concerns no task, whoever else does so at the same time. */
export class SystemStream {
  readonly #parts: { readonly ledger: Ledger; readonly clock: Clock };
  #version = 0;

  constructor(parts: { readonly ledger: Ledger; readonly clock: Clock }) {
    this.#parts = parts;
  }

  async append(events: readonly NewEvent[], by: PrincipalId): Promise<void> {
    const { ledger, clock } = this.#parts;
    for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
      const result = await ledger.append({
        stream,
        expectedVersion: this.#version,
        origin: { principal: by, agentId: null, at: new Date(clock.now()).toISOString() },
        events,
      });
      if (result.status === "appended") {
        this.#version = result.events.at(-1)?.version ?? this.#version;
        return;
      }
      this.#version = result.actualVersion;
    }
    throw new PhasegateError("version_conflict", "the stream `system` was appended to again and again meanwhile", {
      hint: "send the call again",
    });
  }
}
