import { createHash } from "node:crypto";
import { realpathSync } from "node:fs";
import { homedir } from "node:os";
import { basename, isAbsolute, join, resolve } from "node:path";
import type { Place } from "@phasegate/wire";
import { Collected } from "./collected.ts";
import { type ConfigFile, readConfigFile } from "./config-file.ts";
import type { Config } from "./config.ts";
import { nearestName } from "./nearest.ts";
import { olderKeys, olderVariables, translateOlderValue } from "./older.ts";
import { readText, settingAt, settingOfVariable, settings } from "./settings.ts";
import { readConfigText } from "./yaml-source.ts";

export interface LoadConfigOptions {
  /** Must exist. Without it `phasegate.yaml`, else an older `orchestrator.yaml`, in `cwd`, if there. */
  readonly file?: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** From the command line: `server.port` to value. Highest. */
  readonly overrides?: Readonly<Record<string, unknown>>;
  readonly cwd: string;
  /** Set at run time and not yet saved, by key: above the file, below the environment. */
  readonly updates?: ReadonlyMap<string, SettingUpdate>;
  /** The file as it was read before, null for none: it is not read again. */
  readonly read?: ConfigFile | null;
}

export interface SettingUpdate {
  readonly value: unknown;
  readonly source: string;
}

export interface LoadedConfig {
  readonly config: Config;
  /** Where each setting came from: `default`, `file:line:column`, a variable's name, or `command line`. */
  readonly sources: Readonly<Record<string, string>>;
  readonly warnings: readonly Place[];
  readonly file: ConfigFile | null;
  /** What the file says, by key; of an older file as today's keys. */
  readonly fileValues: ReadonlyMap<string, unknown>;
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

/**
 * The configuration, or PhasegateError `config_invalid` with every error at once: key, source, allowed range and
 * the nearest known name.
 */
export function loadConfig(options: LoadConfigOptions): LoadedConfig {
  const collected = new Collected();
  const file = readFile(options, collected);
  const fileValues = new Map([...collected.values].map(([path, { value }]) => [path, value]));
  for (const [path, { value, source }] of options.updates ?? []) collected.set(path, value, source);
  readOlderVariables(options.env, collected);
  readVariables(options.env, collected);
  for (const [path, value] of Object.entries(options.overrides ?? {})) {
    collected.set(path, value, "command line");
  }
  const settled = collected.settle((configured) => dataDirectory(configured, options));
  return { ...settled, warnings: collected.warnings, file, fileValues };
}

function readFile(options: LoadConfigOptions, collected: Collected): ConfigFile | null {
  const file = options.read === undefined ? readConfigFile(options) : options.read;
  if (file === null) return null;
  if ("message" in file) {
    collected.errors.push(file);
    return null;
  }
  const { values, errors } = readConfigText(file.text, file.name);
  collected.errors.push(...errors);
  for (const { path, value, place } of values) {
    if (file.isOlder) setOlder(path, value, place, collected);
    else collected.set(path, value, place);
  }
  return file;
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
  const known = [
    ...settings.map((setting) => setting.variable),
    ...otherVariables,
    secretVariable,
    ...webhookSecrets(collected.values.get("events.webhooks")?.value),
  ];
  for (const variable of unknown) {
    if (known.includes(variable)) continue;
    const near = nearestName(variable, known);
    collected.errors.push({
      place: variable,
      message: `unknown variable \`${variable}\`${near ? `, did you mean \`${near}\`?` : ""}; unset it`,
    });
  }
}

/** The variables that receivers' secrets are in. */
function webhookSecrets(webhooks: unknown): string[] {
  const receivers = (webhooks ?? []) as readonly { secret_env_var?: string }[];
  return receivers.flatMap(({ secret_env_var: variable }) => variable ?? []);
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
