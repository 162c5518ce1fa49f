import { hash } from "node:crypto";
import { type EventType, eventTypes, PhasegateError, type Place } from "@phasegate/wire";
import type { Config } from "../config/config.ts";
import { readSecret } from "./signature.ts";

/** A receiver of events, as the operator named it. */
export interface Webhook {
  readonly name: string;
  readonly url: string;
  /** Scheme and host, for people and logs: the rest of a URL may be a secret. */
  readonly origin: string;
  /** Null: all but those of the webhooks themselves. */
  readonly types: ReadonlySet<EventType> | null;
  /** Null: not signed. */
  readonly secret: Buffer | null;
  readonly timeoutMs: number;
  readonly maxAttempts: number;
}

type Configured = Config["events"]["webhooks"][number];

const defaultTimeoutSeconds = 10;
const defaultMaxAttempts = 10;

/**
 * The configured webhooks with their secrets, which are taken out of the environment. Throws `config_invalid` with every
 * error at once: an address that is no `http` or `https` URL or carries a password, an unknown type of event, a name
 * used twice, a secret that is not set or too short.
 */
export function readWebhooks(
  configured: readonly Configured[],
  env: Readonly<Record<string, string | undefined>>,
): Webhook[] {
  const errors: Place[] = [];
  const webhooks = configured.map((one, index) =>
    readWebhook(one, env, (message) => errors.push({ place: `events.webhooks[${index}]`, message })),
  );
  const names = webhooks.map(({ name }) => name);
  for (const [index, name] of names.entries()) {
    if (names.indexOf(name) === index) continue;
    errors.push({ place: `events.webhooks[${index}]`, message: `another webhook is \`${name}\`; give one a \`name\`` });
  }
  if (errors[0]) {
    throw new PhasegateError("config_invalid", `${errors[0].place}: ${errors[0].message}`, { findings: errors });
  }
  return webhooks;
}

/** Takes the secrets out of the environment: no child process and no dump shows them. */
export function removeSecrets(configured: readonly Configured[], env: Record<string, string | undefined>): void {
  for (const { secret_env_var } of configured) if (secret_env_var !== undefined) delete env[secret_env_var];
}

/** Its name in answers, dead letters and breakers; without one, what its URL hashes to. */
export function webhookName({ name, url }: Pick<Configured, "name" | "url">): string {
  return name ?? `webhook-${hash("sha256", url, "hex").slice(0, 12)}`;
}

function readWebhook(
  one: Configured,
  env: Readonly<Record<string, string | undefined>>,
  refuse: (message: string) => void,
): Webhook {
  const unknown = (one.types ?? []).filter((type) => !eventTypes.includes(type as EventType));
  for (const type of unknown) refuse(`unknown event type \`${type}\`; see docs/reference/events.md`);
  return {
    name: webhookName(one),
    url: one.url,
    origin: originOf(one.url, refuse),
    types: one.types === undefined ? null : new Set(one.types as EventType[]),
    secret: one.secret_env_var === undefined ? null : secretOf(one.secret_env_var, env, refuse),
    timeoutMs: (one.timeout_seconds ?? defaultTimeoutSeconds) * 1_000,
    maxAttempts: one.max_attempts ?? defaultMaxAttempts,
  };
}

function originOf(text: string, refuse: (message: string) => void): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url?.protocol !== "http:" && url?.protocol !== "https:") {
    refuse("`url` must be an `http` or `https` address");
    return "";
  }
  if (url.username !== "" || url.password !== "") {
    refuse("`url` carries a password; sign with `secret_env_var` instead");
  }
  return url.origin;
}

function secretOf(
  variable: string,
  env: Readonly<Record<string, string | undefined>>,
  refuse: (message: string) => void,
): Buffer | null {
  const text = env[variable];
  const secret = text === undefined ? null : readSecret(text);
  if (!secret) refuse(`\`${variable}\` must hold a secret: 24 bytes or more, or \`whsec_\` and base64 of as many`);
  return secret;
}
