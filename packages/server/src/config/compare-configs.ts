import { canonicalJson } from "@phasegate/wire";
import type { Config } from "./config.ts";
import type { ConfigEffect } from "./schema.ts";
import { shown } from "./secrets.ts";
import { settings } from "./settings.ts";

export interface ConfigChange {
  /** `logging.level` */
  readonly key: string;
  /** As they are shown: without secrets. */
  readonly old: unknown;
  readonly new: unknown;
  readonly source: string;
  /** `runtime`: holds now; `restart`: from the next start. */
  readonly effect: ConfigEffect;
}

interface Settled {
  readonly config: Config;
  readonly sources: Readonly<Record<string, string>>;
}

export function changesBetween(before: Settled, after: Settled): readonly ConfigChange[] {
  return settings.flatMap(({ path, effect }): ConfigChange[] => {
    const old = valueAt(before.config, path);
    const value = valueAt(after.config, path);
    if (same(old, value)) return [];
    const source = after.sources[path] ?? "default";
    return [{ key: path, old: shown(old), new: shown(value), source, effect }];
  });
}

/** `next`, with the settings of the effect `restart` as they are in `running`. */
export function runningAfter(running: Config, next: Config): Config {
  const whole: Record<string, Record<string, unknown>> = {};
  for (const { section, key, path, effect } of settings) {
    (whole[section] ??= {})[key] = valueAt(effect === "runtime" ? next : running, path);
  }
  return whole as unknown as Config;
}

export function valueAt(config: Config, path: string): unknown {
  const [section = "", key = ""] = path.split(".", 2);
  return (config as unknown as Record<string, Record<string, unknown>>)[section]?.[key];
}

/** True for values that JSON holds alike, in whatever order the keys stand: the ledger sorts those that it keeps. */
export function same(left: unknown, right: unknown): boolean {
  return canonicalJson(left) === canonicalJson(right);
}

/** The same value, which nobody can change from now on, at any depth. */
export function frozen<Value>(value: Value): Value {
  if (typeof value === "object" && value !== null) {
    for (const member of Object.values(value)) frozen(member);
    Object.freeze(value);
  }
  return value;
}
