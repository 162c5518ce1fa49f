import { PhasegateError, type Place } from "@phasegate/wire";
import { Ajv2020, type ErrorObject } from "ajv/dist/2020.js";
import type { Config } from "./config.ts";
import { webhookErrors } from "../webhooks/webhook.ts";
import { isHttpAddress } from "./http-address.ts";
import { isLoopbackHost } from "./loopback.ts";
import { nearestName } from "./nearest.ts";
import { shown } from "./secrets.ts";
import { sections, type Setting, settingAt, settings } from "./settings.ts";

const ajv = new Ajv2020({ strict: true, allErrors: true, allowUnionTypes: true });
ajv.addVocabulary(["effect"]);
const validators = new Map(settings.map((setting) => [setting.path, ajv.compile(setting.schema)]));

/** Errors within one value that are told at most. */
const maxInner = 5;

export interface SettledConfig {
  readonly config: Config;
  readonly sources: Readonly<Record<string, string>>;
}

/** The values of all layers as they are read, and everything that is wrong with them. A later layer goes above. */
export class Collected {
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

  /** The values with defaults below them; PhasegateError `config_invalid` names every error. */
  settle(dataDirectory: (configured: unknown) => string): SettledConfig {
    const tree: Record<string, Record<string, unknown>> = {};
    const sources: Record<string, string> = {};
    for (const setting of settings) {
      const found = this.values.get(setting.path);
      (tree[setting.section] ??= {})[setting.key] = found ? found.value : structuredClone(setting.default);
      sources[setting.path] = found?.source ?? "default";
    }
    const storage = tree["storage"] ?? {};
    storage["data_dir"] = dataDirectory(storage["data_dir"]);
    this.judgeTogether(tree, sources);
    if (this.errors.length > 0) {
      throw new PhasegateError("config_invalid", summary(this.errors), { findings: this.errors });
    }
    return { config: tree as unknown as Config, sources };
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
    const { otlp_endpoint: collector } = config.telemetry;
    if (collector !== null && !isHttpAddress(collector)) {
      this.errors.push({
        place: place(sources, "telemetry.otlp_endpoint"),
        message: "`telemetry.otlp_endpoint` must be an `http` or `https` address, for instance `http://127.0.0.1:4318`",
      });
    }
    for (const { place: which, message } of webhookErrors(config.events.webhooks)) {
      this.errors.push({ place: place(sources, "events.webhooks"), message: `\`${which}\`: ${message}` });
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
  const inner = (validate.errors ?? []).filter((error) => error.instancePath !== "").map(innerText);
  const where = inner.length > 0 ? ` (${inner.slice(0, maxInner).join("; ")})` : "";
  return `\`${setting.path}\` cannot be \`${textOf(value)}\`${where}; allowed: ${setting.allowed}`;
}

function innerText({ instancePath, message, params }: ErrorObject): string {
  const key: unknown = params["additionalProperty"];
  return `at \`${instancePath}\`: ${typeof key === "string" ? `unknown key \`${key.slice(0, 100)}\`` : message}`;
}

function textOf(value: unknown): string {
  const safe = shown(value);
  return (typeof safe === "string" ? safe : (JSON.stringify(safe) ?? String(safe))).slice(0, 100);
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

function summary(errors: readonly Place[]): string {
  const first = errors[0];
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : "";
  return first ? `${first.place}: ${first.message}${more}` : "the configuration is invalid";
}
