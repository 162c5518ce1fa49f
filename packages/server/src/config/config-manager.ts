import { dirname, join, resolve } from "node:path";
import { PhasegateError, type Place, type PrincipalId, serverPrincipalId } from "@phasegate/wire";
import type { Config } from "./config.ts";
import { digestAt } from "./config-file.ts";
import { editConfigText } from "./edit-yaml.ts";
import { loadConfig, type LoadConfigOptions, type LoadedConfig, type SettingUpdate } from "./load-config.ts";
import { type ConfigChange, changesBetween, frozen, runningAfter, same, valueAt } from "./compare-configs.ts";
import { carriesSecret, shown } from "./secrets.ts";
import { type Setting, settingAt, settings } from "./settings.ts";
import { replaceFile } from "./write-file.ts";
import { readConfigText } from "./yaml-source.ts";

export type ConfigManagerOptions = Omit<LoadConfigOptions, "updates" | "read">;

/** Makes changes durable before they hold; when it rejects, nothing has changed. */
export interface ConfigRecord {
  changed(changes: readonly ConfigChange[], by: PrincipalId): Promise<void>;
  rejected(errors: readonly Place[], by: PrincipalId): Promise<void>;
}

export interface ConfigReport {
  readonly valid: boolean;
  /** Every error at once, each with its source and, in the message, the allowed range. */
  readonly errors: readonly Place[];
  readonly warnings: readonly Place[];
}

/** One setting as the server has it. */
export interface SettingState {
  readonly setting: Setting;
  /** What the server runs with, without secrets. */
  readonly value: unknown;
  /** `default`, `file:line:column`, a variable's name, `command line`, or who set it at run time. */
  readonly source: string;
  /** What it will be after a restart, where that differs. */
  readonly pending?: unknown;
}

export interface SavedConfig {
  readonly path: string;
  /** Keys that were left out because their values hold secrets. */
  readonly leftOut: readonly string[];
}

export interface ReloadedConfig {
  readonly changes: readonly ConfigChange[];
  readonly warnings: readonly Place[];
}

/** Sections that no call changes: an operator edits the file and starts the server again. */
const lockedSections = ["security", "runner", "storage"];

/**
 * The one configuration of a server, shared by all of its parts. Environment goes above file above defaults, and each
 * value knows its source. What holds is always one valid whole: it is replaced at once, after the change was recorded.
 * Keys of the effect `restart` keep their value until the next start; those of `security`, `runner` and `storage`
 * cannot be updated at all. Calls that change something wait for each other, so any number of users may share one.
 */
export class ConfigManager {
  readonly #options: ConfigManagerOptions;
  readonly #updates = new Map<string, SettingUpdate>();
  readonly #subscribers = new Set<(changes: readonly ConfigChange[]) => void>();
  #loaded: LoadedConfig;
  #running: Config;
  /** The source of each value in `#running`. */
  #sources: Readonly<Record<string, string>>;
  #record: ConfigRecord | null = null;
  /** Takes what went wrong and is not the caller's. */
  #report: (error: unknown) => void = () => undefined;
  #last: Promise<unknown> = Promise.resolve();

  /** Throws `config_invalid` with every error. */
  constructor(options: ConfigManagerOptions) {
    this.#options = options;
    this.#loaded = loadConfig(options);
    this.#running = frozen(this.#loaded.config);
    this.#sources = this.#loaded.sources;
  }

  /** What the server runs with, or one section of it; it cannot be changed through this. */
  get(): Config;
  get<Section extends keyof Config>(section: Section): Config[Section];
  get(section?: keyof Config): unknown {
    return section === undefined ? this.#running : this.#running[section];
  }

  /** What was wrong with the file and the environment and is no error. */
  get warnings(): readonly Place[] {
    return this.#loaded.warnings;
  }

  /** Every setting with its value and source, in the order of the schema. */
  settings(): readonly SettingState[] {
    return settings.map((setting) => {
      const value = valueAt(this.#running, setting.path);
      const next = valueAt(this.#loaded.config, setting.path);
      const state = { setting, value: shown(value), source: this.#sources[setting.path] ?? "default" };
      return same(value, next) ? state : { ...state, pending: shown(next) };
    });
  }

  /** Changes one setting; null when it has that value already. See `change`. */
  async update(section: string, key: string, value: unknown, by?: PrincipalId): Promise<ConfigChange | null> {
    return (await this.change({ [`${section}.${key}`]: value }, by))[0] ?? null;
  }

  /**
   * Changes settings, all or none. Throws `config_invalid` naming every key that is unknown, out of range, locked,
   * set by the environment or the command line, or whose value holds a secret.
   */
  change(
    values: Readonly<Record<string, unknown>>,
    by: PrincipalId = serverPrincipalId,
  ): Promise<readonly ConfigChange[]> {
    return this.#alone(async () => {
      const refusals = Object.entries(values).flatMap(([key, value]) => this.#refusal(key, value) ?? []);
      const updates = new Map(this.#updates);
      for (const [key, value] of Object.entries(values)) {
        updates.set(key, { value: structuredClone(value), source: `set by ${by}` });
      }
      const next = this.#loadWith(updates, refusals);
      const changes = await this.#adopt(next, by);
      for (const [key, update] of updates) this.#updates.set(key, update);
      return changes;
    });
  }

  /** What `reload` would find wrong, without changing anything. */
  validate(): ConfigReport {
    try {
      return { valid: true, errors: [], warnings: loadConfig(this.#options).warnings };
    } catch (error) {
      return { valid: false, errors: errorsOf(error), warnings: [] };
    }
  }

  /**
   * Reads file and environment again; what was set at run time and not saved gives way to them. When anything is wrong
   * nothing changes, `config.rejected` is recorded, and `config_invalid` is thrown with every error.
   */
  reload(by: PrincipalId = serverPrincipalId): Promise<ReloadedConfig> {
    return this.#alone(async () => {
      let next: LoadedConfig;
      try {
        next = loadConfig(this.#options);
      } catch (error) {
        this.#report(error);
        await this.#record?.rejected(errorsOf(error), by).catch((cause: unknown) => this.#report(cause));
        throw error;
      }
      const changes = await this.#adopt(next, by);
      this.#updates.clear();
      return { changes, warnings: next.warnings };
    });
  }

  /**
   * Writes what was set at run time into the file, whole or not at all; comments, order and mode stay. Without `path`
   * it is the file that was read, or a new `phasegate.yaml`; an older file is never written: its settings go into a
   * new `phasegate.yaml` beside it. Values of environment and command line stay out, and so does what holds a secret,
   * except where the file itself had it. Throws `version_conflict` when someone changed the file since it was read.
   */
  save(path?: string): Promise<SavedConfig> {
    return this.#alone(async () => {
      const { file, fileValues } = this.#loaded;
      const own = this.#ownPath();
      const target = path === undefined ? own : resolve(this.#options.cwd, path);
      const isRead = file !== null && !file.isOlder && target === file.path;
      const expected = isRead ? file.digest : null;
      if ((path === undefined || isRead) && digestAt(target) !== expected) throw changedMeanwhile(target);
      const leftOut = isRead ? [] : [...fileValues.keys()].filter((key) => carriesSecret(fileValues.get(key)));
      const keepsText = file !== null && !file.isOlder;
      const set = new Map(keepsText ? [] : [...fileValues].filter(([key]) => !leftOut.includes(key)));
      for (const [key, { value }] of this.#updates) set.set(key, value);
      const remove = keepsText ? leftOut.filter((key) => !set.has(key)) : [];
      const text = editConfigText(keepsText ? file.text : "", { set, remove });
      const { errors } = readConfigText(text, target);
      if (errors.length > 0) throw invalid(errors);
      await replaceFile(target, text);
      if (target === own) {
        this.#updates.clear();
        this.#hold(loadConfig(this.#options));
      }
      return { path: target, leftOut };
    });
  }

  /**
   * Writes settings of any section into the file, for someone who may edit it by hand anyway: what this program runs
   * with is as it was. Throws as `change` does, but for the sections that it would refuse.
   */
  async write(values: Readonly<Record<string, unknown>>): Promise<SavedConfig> {
    await this.#alone(async () => {
      const updates = new Map(Object.entries(values).map(([key, value]) => [key, { value, source: key }]));
      const secrets = Object.entries(values).filter(([, value]) => carriesSecret(value));
      const errors = secrets.map(([key]) => ({ place: key, message: `\`${key}\` with a secret is not kept` }));
      this.#loadWith(updates, errors);
      for (const [key, update] of updates) this.#updates.set(key, update);
    });
    return this.save();
  }

  /** Calls `handler` after each change that holds; what it throws is its own. Answers how to end that. */
  subscribe(handler: (changes: readonly ConfigChange[]) => void): () => void {
    this.#subscribers.add(handler);
    return () => this.#subscribers.delete(handler);
  }

  /** From now on changes are recorded there: the ledger is opened with what the configuration says. */
  recordTo(record: ConfigRecord, report: (error: unknown) => void): void {
    this.#record = record;
    this.#report = report;
  }

  #alone<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => undefined);
    return result;
  }

  #ownPath(): string {
    const { file } = this.#loaded;
    if (file === null) return join(this.#options.cwd, "phasegate.yaml");
    if (!file.isOlder) return file.path;
    if (this.#options.file === undefined) return join(dirname(file.path), "phasegate.yaml");
    throw new PhasegateError("config_invalid", `\`${file.name}\` is of the older format, which is not written`, {
      hint: "save to another path, and start with that",
    });
  }

  #refusal(key: string, value: unknown): Place | null {
    const setting = settingAt(key);
    if (!setting) return null;
    const say = (message: string): Place => ({ place: key, message });
    if (lockedSections.includes(setting.section)) {
      return say(`\`${key}\` never changes at run time: edit the file, then start the server again`);
    }
    if (carriesSecret(value)) return say(`\`${key}\` with a secret is not kept: set \`${setting.variable}\``);
    const source = this.#loaded.sources[key] ?? "default";
    const isAbove = source === "command line" || /^(PHASEGATE|ORCHESTRATOR)_[A-Z_]+$/.test(source);
    return isAbove ? say(`\`${key}\` is set by \`${source}\`, which goes above: take it away there first`) : null;
  }

  #loadWith(updates: ReadonlyMap<string, SettingUpdate>, refusals: readonly Place[]): LoadedConfig {
    let next: LoadedConfig | null = null;
    const errors = [...refusals];
    try {
      next = loadConfig({ ...this.#options, updates, read: this.#loaded.file });
    } catch (error) {
      errors.push(...errorsOf(error));
    }
    if (next === null || errors.length > 0) throw invalid(errors);
    return next;
  }

  /** Records what is different, then lets it hold. */
  async #adopt(next: LoadedConfig, by: PrincipalId): Promise<readonly ConfigChange[]> {
    const changes = changesBetween(this.#loaded, next);
    if (changes.length > 0) await this.#record?.changed(changes, by);
    this.#hold(next);
    if (changes.length > 0) for (const handler of this.#subscribers) this.#tell(handler, changes);
    return changes;
  }

  #hold(next: LoadedConfig): void {
    const pending = settings.filter(
      ({ effect, path }) => effect === "restart" && !same(valueAt(this.#running, path), valueAt(next.config, path)),
    );
    const kept = pending.map(({ path }) => [path, this.#sources[path] ?? "default"] as const);
    this.#sources = { ...next.sources, ...Object.fromEntries(kept) };
    this.#running = frozen(runningAfter(this.#running, next.config));
    this.#loaded = next;
  }

  #tell(handler: (changes: readonly ConfigChange[]) => void, changes: readonly ConfigChange[]): void {
    try {
      handler(changes);
    } catch (error) {
      this.#report(error);
    }
  }
}

function invalid(errors: readonly Place[]): PhasegateError {
  const [first] = errors;
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : "";
  return new PhasegateError("config_invalid", `${first?.place}: ${first?.message}${more}`, { findings: errors });
}

function errorsOf(error: unknown): readonly Place[] {
  if (!(error instanceof PhasegateError)) throw error;
  return (error.extras.findings ?? [{ place: "configuration", message: error.message }]) as readonly Place[];
}

function changedMeanwhile(path: string): PhasegateError {
  return new PhasegateError("version_conflict", `\`${path}\` was changed since it was read`, {
    hint: "reload the configuration, then make the change again",
  });
}
