import { createHash } from "node:crypto";
import { existsSync, readFileSync, realpathSync } from "node:fs";
import { homedir } from "node:os";
import { basename, isAbsolute, join, resolve } from "node:path";
import { PhasegateError, type Place } from "@phasegate/wire";
import { Ajv2020 } from "ajv/dist/2020.js";
import type { Config } from "./config.ts";
import { isLoopbackHost } from "./loopback.ts";
import { nearestName } from "./nearest.ts";
import { olderKeys, olderVariables, translateOlderValue } from "./older.ts";
import { readText, sections, type Setting, settingAt, settingOfVariable, settings } from "./settings.ts";
import { readConfigText } from "./yaml-source.ts";

export interface LoadConfigOptions {
  /** Must exist. Without it `phasegate.yaml`, else an older `orchestrator.yaml`, in `cwd`, if there. */
  readonly file?: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** From the command line: `server.port` to value. Highest. */
  readonly overrides?: Readonly<Record<string, unknown>>;
  readonly cwd: string;
}

export interface LoadedConfig {
  readonly config: Config;
  /** Where each setting came from: `default`, `file:line:column`, a variable's name, or `command line`. */
  readonly sources: Readonly<Record<string, string>>;
  readonly warnings: readonly Place[];
}

/** Variables that belong to clients, or are read elsewhere and then removed. */
const otherVariables = [
  "PHASEGATE_KEY",
  "PHASEGATE_OPERATOR_KEY",
  "PHASEGATE_URL",
  "PHASEGATE_CONFIG",
  "PHASEGATE_AGENT_ID",
  "PHASEGATE_TASK_ID",
  "PHASEGATE_PHASE_TOKEN",
];

const defaultSecretVariable = "PHASEGATE_JWT_SECRET";

const ajv = new Ajv2020({ strict: true, allErrors: true, allowUnionTypes: true });
const validators = new Map(settings.map((setting) => [setting.path, ajv.compile(setting.schema)]));

/**
 * The configuration, or PhasegateError `config_invalid` with every error at once: key, source, allowed range and
 * the nearest known name.
 */
export function loadConfig(options: LoadConfigOptions): LoadedConfig {
  const collected = new Collected();
  readFile(options, collected);
  readOlderVariables(options.env, collected);
  readVariables(options.env, collected);
  for (const [path, value] of Object.entries(options.overrides ?? {})) {
    collected.set(path, value, "command line");
  }
  return collected.finish(options);
}

class Collected {
  readonly values = new Map<string, { value: unknown; source: string }>();
  readonly errors: Place[] = [];
  readonly warnings: Place[] = [];

  set(path: string, value: unknown, source: string): void {
    const setting = settingAt(path);
    if (!setting) {
      this.errors.push({ place: source, message: unknownKey(path) });
      return;
    }
    const wrong = problemOf(setting, value);
    if (wrong) this.errors.push({ place: source, message: wrong });
    else this.values.set(path, { value, source });
  }

  finish(options: LoadConfigOptions): LoadedConfig {
    const tree: Record<string, Record<string, unknown>> = {};
    const sources: Record<string, string> = {};
    for (const setting of settings) {
      const found = this.values.get(setting.path);
      (tree[setting.section] ??= {})[setting.key] = found ? found.value : structuredClone(setting.default);
      sources[setting.path] = found?.source ?? "default";
    }
    const storage = tree["storage"] ?? {};
    storage["data_dir"] = dataDirectory(storage["data_dir"], options);
    this.judgeTogether(tree, sources);
    if (this.errors.length > 0) {
      throw new PhasegateError("config_invalid", summary(this.errors), { findings: this.errors });
    }
    return { config: tree as unknown as Config, sources, warnings: this.warnings };
  }

  /** Rules that span several settings. */
  private judgeTogether(tree: Record<string, Record<string, unknown>>, sources: Record<string, string>): void {
    const config = tree as unknown as Config;
    if (config.security.auth === "open" && !isLoopbackHost(config.server.host)) {
      this.errors.push({
        place: place(sources, "security.auth", "server.host"),
        message: `\`security.auth: open\` works on loopback only, and \`server.host\` is \`${config.server.host}\`; use \`keys\``,
      });
    }
    if (config.retry.initial_delay_ms > config.retry.max_delay_ms) {
      this.errors.push({
        place: place(sources, "retry.initial_delay_ms", "retry.max_delay_ms"),
        message: `\`retry.initial_delay_ms\` (${config.retry.initial_delay_ms}) is above \`retry.max_delay_ms\` (${config.retry.max_delay_ms})`,
      });
    }
  }
}

/** The first of the settings that someone set, else the name of the first. */
function place(sources: Record<string, string>, ...paths: string[]): string {
  const set = paths.find((path) => sources[path] !== "default");
  return set ? (sources[set] ?? set) : (paths[0] ?? "");
}

function problemOf(setting: Setting, value: unknown): string | null {
  const validate = validators.get(setting.path);
  if (!validate || validate(value)) return null;
  const inner = validate.errors?.find((error) => error.instancePath !== "");
  const where = inner ? ` (at \`${inner.instancePath}\`: ${inner.message})` : "";
  return `\`${setting.path}\` cannot be \`${shown(value)}\`${where}; allowed: ${setting.allowed}`;
}

function shown(value: unknown): string {
  return (typeof value === "string" ? value : (JSON.stringify(value) ?? String(value))).slice(0, 100);
}

function unknownKey(path: string): string {
  const [section = "", key] = path.split(".", 2);
  if (!sections.includes(section)) {
    const near = nearestName(section, sections);
    return `unknown section \`${section}\`${near ? `, did you mean \`${near}\`?` : `; known: ${sections.join(", ")}`}`;
  }
  if (key === undefined) return `\`${section}\` must be a map of settings`;
  const known = settings.filter((setting) => setting.section === section).map((setting) => setting.key);
  const near = nearestName(key, known);
  return `unknown key \`${path}\`${near ? `, did you mean \`${section}.${near}\`?` : `; known: ${known.join(", ")}`}`;
}

function readFile(options: LoadConfigOptions, collected: Collected): void {
  const chosen = options.file ? { path: resolve(options.cwd, options.file), name: options.file } : find(options.cwd);
  if (!chosen) return;
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(chosen.path));
  } catch (error) {
    const why = error instanceof TypeError ? "it is not UTF-8" : (error as Error).message;
    collected.errors.push({ place: chosen.name, message: `cannot read \`${chosen.path}\`: ${why}` });
    return;
  }
  const { values, errors } = readConfigText(text, chosen.name);
  collected.errors.push(...errors);
  const isOlder = basename(chosen.path) === "orchestrator.yaml";
  for (const { path, value, place } of values) {
    if (isOlder) setOlder(path, value, place, collected);
    else collected.set(path, value, place);
  }
}

function find(cwd: string): { path: string; name: string } | null {
  for (const name of ["phasegate.yaml", "orchestrator.yaml"]) {
    if (existsSync(join(cwd, name))) return { path: join(cwd, name), name };
  }
  return null;
}

function setOlder(path: string, value: unknown, source: string, collected: Collected): void {
  const today = olderKeys[path] ?? (settingAt(path) ? path : null);
  if (today === null) {
    collected.warnings.push({ place: source, message: `no-effect: \`${path}\` of the older format is not used` });
    return;
  }
  // A null there meant "the default".
  if (value !== null) collected.set(today, translateOlderValue(today, value), source);
}

function readOlderVariables(env: LoadConfigOptions["env"], collected: Collected): void {
  for (const [variable, path] of Object.entries(olderVariables)) {
    const text = env[variable];
    if (text === undefined || text === "") continue;
    const setting = path === null ? null : settingAt(path);
    if (!setting) {
      collected.warnings.push({ place: variable, message: `no-effect: \`${variable}\` is not used` });
    } else if (env[setting.variable] === undefined) {
      collected.set(setting.path, translateOlderValue(setting.path, readText(setting, text)), variable);
    }
  }
}

function readVariables(env: LoadConfigOptions["env"], collected: Collected): void {
  const unknown: string[] = [];
  for (const [variable, text] of Object.entries(env)) {
    if (text === undefined || !variable.startsWith("PHASEGATE_")) continue;
    const setting = settingOfVariable(variable);
    if (setting) collected.set(setting.path, readText(setting, text), variable);
    else unknown.push(variable);
  }
  const named = collected.values.get("security.jwt_secret_env_var")?.value;
  const secretVariable = typeof named === "string" ? named : defaultSecretVariable;
  const known = [...settings.map((setting) => setting.variable), ...otherVariables, secretVariable];
  for (const variable of unknown) {
    if (known.includes(variable)) continue;
    const near = nearestName(variable, known);
    collected.errors.push({
      place: variable,
      message: `unknown variable \`${variable}\`${near ? `, did you mean \`${near}\`?` : ""}; unset it`,
    });
  }
}

function dataDirectory(configured: unknown, options: LoadConfigOptions): string {
  if (typeof configured === "string") {
    const home = options.env["HOME"];
    const expanded = configured.startsWith("~/") && home ? join(home, configured.slice(2)) : configured;
    return resolve(options.cwd, expanded);
  }
  const xdg = options.env["XDG_DATA_HOME"];
  const base = xdg && isAbsolute(xdg) ? xdg : join(options.env["HOME"] ?? homedir(), ".local", "share");
  const project = realpathSync(options.cwd);
  // Two checkouts of one name keep apart.
  const mark = createHash("sha256").update(project).digest("hex").slice(0, 8);
  return join(base, "phasegate", `${basename(project) || "root"}-${mark}`);
}

function summary(errors: readonly Place[]): string {
  const first = errors[0];
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : "";
  return first ? `${first.place}: ${first.message}${more}` : "the configuration is invalid";
}
