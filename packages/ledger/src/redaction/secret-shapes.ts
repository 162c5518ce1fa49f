/**
 * The shapes of well-known secrets. Every pattern runs in linear time: what repeats without a bound is preceded by a
 * look-behind that lets it begin only once in a run, and no two repetitions that touch share a character.
 */
interface SecretShape {
  readonly name: string;
  /** With the flag `g`. */
  readonly pattern: RegExp;
  /** What of a match stays readable before the marker; nothing unless told. */
  readonly keep?: (match: string) => string;
}

/** `key=`, `Bearer ` and the like stay, so that a reader sees what stood there. */
const upToSeparator = (match: string): string => /^[^=:\s]*\s{0,3}(?:=>|:=|[=:])?\s{0,3}["'`]?/.exec(match)?.[0] ?? "";

export const secretShapes: readonly SecretShape[] = [
  {
    name: "private key",
    pattern:
      /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----[^]*?(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|$)/g,
  },
  { name: "phasegate key", pattern: /pgk_[0-9A-Za-z_-]{16,512}/g },
  { name: "aws access key", pattern: /(?:AKIA|ASIA|ABIA|ACCA|AGPA|AIDA|AROA)[A-Z2-7]{16}/g },
  { name: "github token", pattern: /gh[pousr]_[0-9A-Za-z]{36,255}/g },
  { name: "github token", pattern: /github_pat_[0-9A-Za-z_]{22,255}/g },
  { name: "gitlab token", pattern: /gl(?:pat|dt|rt|cbt|ptt|ft|soat|agent|oas)-[0-9A-Za-z_-]{20,255}/g },
  { name: "slack token", pattern: /xox[abeoprs](?:\.xox[bp])?-[0-9A-Za-z-]{10,255}/g },
  { name: "slack token", pattern: /xapp-[0-9]-[0-9A-Za-z-]{10,255}/g },
  { name: "slack webhook", pattern: /hooks\.slack\.com\/(?:services|workflows)\/[0-9A-Za-z/_-]{20,255}/g },
  { name: "google key", pattern: /AIza[0-9A-Za-z_-]{35}/g },
  { name: "google token", pattern: /ya29\.[0-9A-Za-z_-]{20,2048}/g },
  { name: "google secret", pattern: /GOCSPX-[0-9A-Za-z_-]{20,64}/g },
  { name: "stripe key", pattern: /(?:sk|rk|pk)_(?:live|test)_[0-9A-Za-z]{16,255}/g },
  { name: "stripe secret", pattern: /whsec_[0-9A-Za-z+/=]{24,255}/g },
  { name: "npm token", pattern: /npm_[0-9A-Za-z]{36}/g },
  { name: "pypi token", pattern: /pypi-[0-9A-Za-z_-]{50,512}/g },
  { name: "model key", pattern: /sk-(?:proj|svcacct|admin|ant)-[0-9A-Za-z_-]{20,255}/g },
  { name: "model key", pattern: /sk-[0-9A-Za-z]{40,255}/g },
  { name: "sendgrid key", pattern: /SG\.[0-9A-Za-z_-]{16,64}\.[0-9A-Za-z_-]{16,64}/g },
  {
    name: "authorization",
    pattern: /authorization["'`]{0,2}\s{0,3}[:=]\s{0,3}["'`]?(?:[A-Za-z]{1,20}[ \t]{1,4})?[^\s"'`,;]{8,8192}/gi,
    keep: upToSeparator,
  },
  { name: "authorization", pattern: /bearer[ \t]{1,4}[0-9A-Za-z._~+/=-]{16,8192}/gi, keep: upToSeparator },
  {
    name: "password in url",
    pattern: /:\/\/[^\s:@/?#"'`<>]{0,256}:[^\s@/"'`<>]{1,256}@/g,
    keep: (match) => `${match.slice(0, match.indexOf(":", 3))}:`,
  },
  {
    name: "assigned secret",
    pattern:
      /(?:api[_-]?key|apikey|secret[_-]?key|access[_-]?key|private[_-]?key|auth[_-]?token|access[_-]?token|refresh[_-]?token|client[_-]?secret|phase[_-]?token|_authtoken|password|passwd|secret|pwd)["'`]{0,2}[ \t]{0,3}(?:=>|:=|[=:])[ \t]{0,3}(?:"[^"\n]{4,4096}"|'[^'\n]{4,4096}'|`[^`\n]{4,4096}`|[^\s"'`,;&(){}[\]<>|]{4,4096})/gi,
    keep: upToSeparator,
  },
];

/** Names of object members whose text is a secret whatever it looks like; lower case, without `_` and `-`. */
export const secretMembers: ReadonlySet<string> = new Set([
  "password",
  "passwd",
  "pwd",
  "secret",
  "apikey",
  "secretkey",
  "accesskey",
  "privatekey",
  "secretaccesskey",
  "awssecretaccesskey",
  "clientsecret",
  "accesstoken",
  "refreshtoken",
  "authtoken",
  "idtoken",
  "sessiontoken",
  "phasetoken",
  "authorization",
  "proxyauthorization",
  "cookie",
  "setcookie",
  "xapikey",
]);

/** A run of base64url texts that dots join; begins only where a run begins. */
const dottedRun = /(?<![0-9A-Za-z_-])[0-9A-Za-z_-]+(?:\.[0-9A-Za-z_-]*)+/g;

/** The text with each secret replaced by a marker that names its kind. */
export function redactText(text: string): string {
  let redacted = text.replace(dottedRun, redactTokens);
  for (const { name, pattern, keep } of secretShapes) {
    redacted = redacted.replace(pattern, (match) => `${keep?.(match) ?? ""}[redacted ${name}]`);
  }
  return redacted;
}

/** JWTs (and phase tokens, which are JWTs) in a dotted run: a part that holds a JSON object's base64url, and the two after it. */
function redactTokens(run: string): string {
  const parts = run.split(".");
  const kept: string[] = [];
  for (let index = 0; index < parts.length; index += 1) {
    const part = parts[index] as string;
    const start = index + 1 < parts.length && (parts[index + 1] as string).length >= 4 ? part.indexOf("eyJ") : -1;
    if (start < 0 || part.length - start < 10) {
      kept.push(part);
      continue;
    }
    kept.push(`${part.slice(0, start)}[redacted token]`);
    index += 2;
  }
  return kept.join(".");
}
