import type { Ledger } from "@phasegate/ledger";
import {
  canonicalJson,
  digestBytes,
  isEvent,
  type NewEvent,
  type Place,
  type PrincipalId,
  serverPrincipalId,
} from "@phasegate/wire";
import type { Ids } from "../context.ts";
import type { SystemStream } from "../events/system-stream.ts";
import { type ConfigChange, same } from "./compare-configs.ts";
import type { ConfigRecord, SettingState } from "./config-manager.ts";

const maxValueLength = 2_000;
const maxErrors = 50;
const pageSize = 1_000;

interface ConfigEventsParts {
  readonly ledger: Pick<Ledger, "readAll">;
  readonly system: SystemStream;
  readonly ids: Ids;
}

/** Writes changes of the configuration into the ledger's stream `system`: who, key, old, new; never a secret. */
export class ConfigEvents implements ConfigRecord {
  readonly #parts: ConfigEventsParts;

  constructor(parts: ConfigEventsParts) {
    this.#parts = parts;
  }

  async changed(changes: readonly ConfigChange[], by: PrincipalId): Promise<void> {
    const { ids, system } = this.#parts;
    const events = changes.map((change): NewEvent => ({
      id: ids.make("event"),
      type: "config.changed",
      data: { ...change, old: bounded(change.old), new: bounded(change.new) },
    }));
    await system.append(events, by);
  }

  async rejected(errors: readonly Place[], by: PrincipalId): Promise<void> {
    const { ids, system } = this.#parts;
    const kept = errors.slice(0, maxErrors).map(({ place, message }) => ({ place, message }));
    await system.append([{ id: ids.make("event"), type: "config.rejected", data: { errors: kept } }], by);
  }

  /**
   * Records what the server starts with and the ledger does not say yet: a file that was edited while it was down, a
   * change that was not saved and has ended, and at the first start whatever is no default.
   */
  async started(states: readonly SettingState[]): Promise<void> {
    const recorded = await this.#recorded();
    const changes = states.flatMap(({ setting, value, source }): ConfigChange[] => {
      const old = recorded.has(setting.path) ? recorded.get(setting.path) : bounded(setting.default);
      if (same(old, bounded(value))) return [];
      return [{ key: setting.path, old, new: value, source, effect: setting.effect }];
    });
    if (changes.length > 0) await this.changed(changes, serverPrincipalId);
  }

  /** The last value that the ledger says of each key. */
  async #recorded(): Promise<ReadonlyMap<string, unknown>> {
    const values = new Map<string, unknown>();
    for (let after = 0; ;) {
      const page = await this.#parts.ledger.readAll({ after, limit: pageSize, types: ["config.changed"] });
      for (const event of page) if (isEvent(event, "config.changed")) values.set(event.data.key, event.data.new);
      if (page.length < pageSize) return values;
      after = page.at(-1)?.position ?? after;
    }
  }
}

function bounded(value: unknown): unknown {
  const text = canonicalJson(value);
  return text.length <= maxValueLength ? value : digestBytes(text);
}
