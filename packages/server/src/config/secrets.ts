import { hash } from "node:crypto";

const secretParameter = /(password|passwd|secret|token|key|sig|auth)/i;

/** True when the value holds a password or key that this program can tell as one: in a URL, at any depth. */
export function carriesSecret(value: unknown): boolean {
  return JSON.stringify(value) !== JSON.stringify(withoutSecrets(value));
}

/** The value with what is secret in its URLs replaced by `***`, for logs, events, answers and bug reports. */
export function withoutSecrets(value: unknown): unknown {
  if (typeof value === "string") return urlWithoutSecrets(value);
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, withoutSecrets(member)]));
}

/**
 * The value as people and events see it: without secrets, and of a receiver's address only scheme and host, since its
 * path may be one. Eight characters of its digest show that it is another.
 */
export function shown(value: unknown): unknown {
  const safe = withoutSecrets(value);
  return Array.isArray(safe) ? safe.map(withoutPath) : safe;
}

function withoutPath(item: unknown): unknown {
  if (typeof item !== "object" || item === null || !("url" in item)) return item;
  const text = String(item.url);
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || url.pathname + url.search === "/") return item;
  return { ...item, url: `${url.protocol}//${url.host}/***${hash("sha256", text, "hex").slice(0, 8)}` };
}

function urlWithoutSecrets(text: string): string {
  return text
    .replace(/^([a-z][a-z0-9+.-]*:\/\/[^:/?#@]*):.*@(?=[^@]*$)/i, "$1:***@")
    .replaceAll(/([?&;]([^=&#;]{1,100})=)([^&#;]*)/g, (whole, start: string, name: string) =>
      /^[a-z][a-z0-9+.-]*:\/\//i.test(text) && secretParameter.test(name) ? `${start}***` : whole,
    );
}
