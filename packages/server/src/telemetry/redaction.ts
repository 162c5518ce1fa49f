const secretName =
  /^(authorization|proxy[-_]authorization|cookie|set[-_]cookie|phase[-_]?token|new[-_]?token|(access|refresh|id)[-_]?token|token|key|api[-_]?key|idempotency[-_]?key|jwt|secret|password|passwd|private[-_]?key|verifier)$/i;

const redacted = "[redacted]";
const maxDepth = 8;

/** The same with every member of a secret's name replaced, at any depth up to a bound; what is deeper is left out. */
export function withoutSecretMembers(value: unknown, depth = 0): unknown {
  if (typeof value !== "object" || value === null || value instanceof Error || value instanceof Date) return value;
  if (depth >= maxDepth) return "[deeper]";
  if (Array.isArray(value)) return value.map((item) => withoutSecretMembers(item, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name,
      secretName.test(name) && member !== null ? redacted : withoutSecretMembers(member, depth + 1),
    ]),
  );
}

/** What is a secret by its look, wherever it stands in a line: in a URL, in the words of an error, in a header. */
const secretText: readonly (readonly [RegExp, string])[] = [
  [/\b(bearer|basic)(\s+|%20)[A-Za-z0-9._~+/=-]{4,}/gi, `$1 ${redacted}`],
  [/\bpgk_[A-Za-z0-9_-]{8,}/g, redacted],
  [/\beyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*/g, redacted],
  [/\b(phase[-_]?token|token|api[-_]?key|key|secret|password|signature|sig)=[^&\s"'\\#;]+/gi, `$1=${redacted}`],
  [/\b([a-z][a-z0-9+]{0,20}:\/\/[^\s:/?#@"'\\]*):[^\s/@"'\\]+@/gi, `$1:${redacted}@`],
];

/** The line without what looks like a key, token or password. */
export function withoutSecretText(line: string): string {
  let safe = line;
  for (const [pattern, replacement] of secretText) safe = safe.replace(pattern, replacement);
  return safe;
}
