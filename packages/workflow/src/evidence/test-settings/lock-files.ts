import { membersOf, place } from "./differences.ts";

const ofNpm = /(?:^|\/)(?:package-lock|npm-shrinkwrap)\.json$/;
const ofLines =
  /(?:^|\/)(?:yarn\.lock|pnpm-lock\.yaml|bun\.lock|poetry\.lock|uv\.lock|pdm\.lock|pylock(?:\.[\w-]+)?\.toml|Pipfile(?:\.lock)?|(?:requirements|constraints)[\w.-]*\.(?:txt|in)|requirements\/[\w.-]+\.(?:txt|in))$/;

/** What of the lines of a lock file leads from a registry to a folder, an address or another index. */
const leads =
  /\b(?:link|file|portal|directory|tarball|path|editable|git)\s*[:=]|\bgit\+|^\s*(?:-e|--editable|-i|--index-url|--extra-index-url|-f|--find-links|--trusted-host)\b|@\s*(?:file:|https?:|\.)|^\s*\.{0,2}\/|\bresolved "(?!https:\/\/registry\.(?:yarnpkg\.com|npmjs\.org)\/)/;

/** Largest lock file that is read. */
export const maxLockBytes = 2 * 1024 * 1024;

/** Whether a file says from where each package that tests load is taken. */
export function isLockFile(path: string): boolean {
  return ofNpm.test(path) || ofLines.test(path);
}

/**
 * Places of a lock file at which a package that was there becomes a folder, comes from elsewhere or unchecked, or runs a
 * script as it is installed. A new package, a version and a new workspace's own link are none; of a new file all links are.
 */
export function lockPlaces(path: string, before: string | null, after: string): readonly string[] {
  if (!ofNpm.test(path)) return before !== null && leadingLines(before, after) ? [""] : [];
  const [old, now] = [before === null ? {} : packagesOf(before), packagesOf(after)];
  if (now === null) return [""];
  if (before === null) return placesOf(now, (key) => membersOf(now[key])?.["link"] === true);
  const known = old ?? {};
  const firstOf = new Map<string, unknown>();
  for (const [key, entry] of Object.entries(known)) {
    const name = nameOf(key);
    if (name !== null && !firstOf.has(name)) firstOf.set(name, entry);
  }
  return placesOf(now, (key) => {
    const name = nameOf(key);
    if (name === null || !firstOf.has(name)) return false;
    return isLed(known[key] ?? firstOf.get(name), now[key]);
  });
}

function placesOf(packages: Readonly<Record<string, unknown>>, isTold: (key: string) => boolean): readonly string[] {
  return Object.keys(packages)
    .filter(isTold)
    .map((key) => place("packages", key));
}

function packagesOf(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const document = membersOf(JSON.parse(text));
    return document === null ? null : membersOf(document["packages"] ?? {});
  } catch {
    return null;
  }
}

/** The name that others load a package by; null for a folder of the workspace. */
function nameOf(key: string): string | null {
  return /(?:^|\/)node_modules\/((?:@[^/]+\/)?[^/]+)$/.exec(key)?.[1] ?? null;
}

function isLed(before: unknown, after: unknown): boolean {
  const [old, now] = [membersOf(before) ?? {}, membersOf(after) ?? {}];
  const isLink = now["link"] === true && (old["link"] !== true || old["resolved"] !== now["resolved"]);
  const isUnchecked = old["integrity"] !== undefined && now["integrity"] === undefined && now["link"] !== true;
  const isRun = old["hasInstallScript"] !== true && now["hasInstallScript"] === true;
  return isLink || isUnchecked || isRun || sourceOf(old["resolved"]) !== sourceOf(now["resolved"]);
}

/** An address up to the version in it. */
function sourceOf(resolved: unknown): string {
  return typeof resolved === "string" ? resolved.replace(/\/-\/[^/]*$/, "") : "";
}

function leadingLines(before: string, after: string): boolean {
  const old = new Set(before.split("\n").map((line) => line.trim()));
  return after.split("\n").some((line) => !old.has(line.trim()) && leads.test(line));
}
