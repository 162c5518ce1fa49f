const maxGenerated = 64 * 1024 * 1024;

/** A value with `{name}` replaced in every text, and `$repeat` and `$join` made into the text that they describe. */
export function fill(value: unknown, values: ReadonlyMap<string, unknown>): unknown {
  if (typeof value === "string") return fillText(value, values);
  if (Array.isArray(value)) return value.map((item) => fill(item, values));
  if (typeof value !== "object" || value === null) return value;
  const generated = value as { readonly $repeat?: readonly [unknown, number]; readonly $join?: readonly unknown[] };
  if (generated.$repeat !== undefined)
    return repeated(String(fill(generated.$repeat[0], values)), generated.$repeat[1]);
  if (generated.$join !== undefined) return generated.$join.map((part) => String(fill(part, values))).join("");
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fill(item, values)]));
}

/** A text that is nothing but one placeholder stands for the value itself, whatever its type. */
function fillText(text: string, values: ReadonlyMap<string, unknown>): unknown {
  const whole = /^\{([a-z][a-z_]*)\}$/.exec(text)?.[1];
  if (whole !== undefined && values.has(whole)) return values.get(whole);
  return text.replaceAll(/\{([a-z][a-z_]*)\}/g, (written, name: string) =>
    values.has(name) ? String(values.get(name)) : written,
  );
}

function repeated(text: string, times: number): string {
  if (text.length * times > maxGenerated) throw new Error(`\`$repeat\` makes more than ${maxGenerated} characters`);
  return text.repeat(times);
}

/** What a JSON pointer leads to; undefined where it leads nowhere. */
export function valueAt(body: unknown, pointer: string): unknown {
  let value = body;
  for (const key of pointer.split("/").slice(1)) {
    if (typeof value !== "object" || value === null) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[key.replaceAll("~1", "/").replaceAll("~0", "~")];
  }
  return value;
}
