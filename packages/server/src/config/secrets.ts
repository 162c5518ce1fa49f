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

function urlWithoutSecrets(text: string): string {
  return text
    .replace(/^([a-z][a-z0-9+.-]*:\/\/[^:/?#@]*):.*@(?=[^@]*$)/i, "$1:***@")
    .replaceAll(/([?&;]([^=&#;]{1,100})=)([^&#;]*)/g, (whole, start: string, name: string) =>
      /^[a-z][a-z0-9+.-]*:\/\//i.test(text) && secretParameter.test(name) ? `${start}***` : whole,
    );
}
