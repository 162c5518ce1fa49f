import type { Ledger } from "@phasegate/ledger";
import {
  canonicalJson,
  digestBytes,
  type NewEvent,
  type Place,
  PhasegateError,
  type PrincipalId,
} from "@phasegate/wire";
import type { Clock, Ids } from "../context.ts";
import type { ConfigChange } from "./compare-configs.ts";
import type { ConfigRecord } from "./config-manager.ts";

const stream = "system";
const maxAttempts = 5;
const maxValueLength = 2_000;
const maxErrors = 50;

/** Writes changes of the configuration into the ledger's stream `system`: who, key, old, new; never a secret. */
export class ConfigEvents implements ConfigRecord {
  readonly #parts: { readonly ledger: Ledger; readonly clock: Clock; readonly ids: Ids };
  #version = 0;

  constructor(parts: { ledger: Ledger; clock: Clock; ids: Ids }) {
    this.#parts = parts;
  }

  changed(changes: readonly ConfigChange[], by: PrincipalId): Promise<void> {
    const { ids } = this.#parts;
    const events = changes.map((change): NewEvent => ({
      id: ids.make("event"),
      type: "config.changed",
      data: { ...change, old: bounded(change.old), new: bounded(change.new) },
    }));
    return this.#append(events, by);
  }

  rejected(errors: readonly Place[], by: PrincipalId): Promise<void> {
    const kept = errors.slice(0, maxErrors).map(({ place, message }) => ({ place, message }));
    const id = this.#parts.ids.make("event");
    return this.#append([{ id, type: "config.rejected", data: { errors: kept } }], by);
  }

  async #append(events: readonly NewEvent[], by: PrincipalId): Promise<void> {
    const { ledger, clock } = this.#parts;
    for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
      const result = await ledger.append({
        stream,
        expectedVersion: this.#version,
        origin: { principal: by, agentId: null, at: new Date(clock.now()).toISOString() },
        events,
      });
      if (result.status === "appended") {
        this.#version += events.length;
        return;
      }
      this.#version = result.actualVersion;
    }
    throw new PhasegateError("version_conflict", "the configuration was changed several times meanwhile", {
      hint: "send the call again",
    });
  }
}

function bounded(value: unknown): unknown {
  const text = canonicalJson(value);
  return text.length <= maxValueLength ? value : digestBytes(text);
}
