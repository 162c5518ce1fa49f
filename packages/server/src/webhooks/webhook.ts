import { hash } from "node:crypto";
import { type EventType, eventTypes, PhasegateError, type Place } from "@phasegate/wire";
import type { Config } from "../config/config.ts";
import { isHttpAddress } from "../config/http-address.ts";
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
 * The configured webhooks with their secrets. Throws `config_invalid` with every error at once: those of
 * `webhookErrors`, and a secret that is not set or too short.
 */
export function readWebhooks(
  configured: readonly Configured[],
  env: Readonly<Record<string, string | undefined>>,
): Webhook[] {
  const errors: Place[] = webhookErrors(configured);
  const webhooks = configured.map((one, index) =>
    readWebhook(one, env, (message) => errors.push({ place: `events.webhooks[${index}]`, message })),
  );
  if (errors[0]) {
    throw new PhasegateError("config_invalid", `${errors[0].place}: ${errors[0].message}`, { findings: errors });
  }
  return webhooks;
}

/** An address that is no `http` or `https` URL or carries a password, an unknown type of event, a name used twice. */
export function webhookErrors(configured: readonly Configured[]): Place[] {
  const names = configured.map(webhookName);
  return configured.flatMap((one, index) => {
    const unknown = (one.types ?? []).filter((type) => !eventTypes.includes(type as EventType));
    const messages = [
      ...unknown.map((type) => `unknown event type \`${type}\`; see docs/reference/events.md`),
      ...addressErrors(one.url),
      ...(names.indexOf(webhookName(one)) === index
        ? []
        : [`another webhook is \`${webhookName(one)}\`; give one a \`name\``]),
    ];
    return messages.map((message) => ({ place: `events.webhooks[${index}]`, message }));
  });
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
  return {
    name: webhookName(one),
    url: one.url,
    origin: URL.canParse(one.url) ? new URL(one.url).origin : "",
    types: one.types === undefined ? null : new Set(one.types as EventType[]),
    secret: one.secret_env_var === undefined ? null : secretOf(one.secret_env_var, env, refuse),
    timeoutMs: (one.timeout_seconds ?? defaultTimeoutSeconds) * 1_000,
    maxAttempts: one.max_attempts ?? defaultMaxAttempts,
  };
}

function addressErrors(text: string): string[] {
  const url = URL.parse(text);
  if (!url || !isHttpAddress(text)) return ["`url` must be an `http` or `https` address"];
  const hasPassword = url.username !== "" || url.password !== "";
  return hasPassword ? ["`url` carries a password; sign with `secret_env_var` instead"] : [];
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
