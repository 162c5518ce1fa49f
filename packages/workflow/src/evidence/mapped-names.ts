import jsTokens from "js-tokens";
import { measuredKind } from "./code-lines.ts";

/** A text that says where names of modules lead: a manifest, the settings of a compiler, of a bundler or of tests. */
export interface NameSettings {
  readonly path: string;
  readonly text: string;
}

/** A name or a pattern of names, with the path that it leads to as the settings write it. */
interface Mapping {
  readonly name: string;
  readonly target: string;
  readonly folder: string;
}

/** Bounds of what is read of the settings of one task. */
const [maxMappings, maxDepth] = [5_000, 20];

/**
 * Paths, without their endings, to which a name that is no path may lead: by `imports` and `exports` of a manifest, its
 * own name, a dependency that is a folder, `paths`, `alias` and the like. Patterns hold one `*`.
 */
export function mappedNames(settings: readonly NameSettings[]): (name: string) => readonly string[] {
  const mappings = settings.flatMap((one) => mappingsOf(one)).slice(0, maxMappings);
  return (name) => [...new Set(mappings.flatMap((mapping) => pathsOf(mapping, name)))];
}

/** Whether a file is of those that say where names of modules lead, by its name. */
export function isNameSettings(path: string): boolean {
  return /(?:^|\/)(?:package\.json|(?:ts|js)config[\w.-]*\.json|deno\.jsonc?|[\w-]*import[-_]?map[\w-]*\.json|\.babelrc|\.swcrc|[\w-]+\.config(?:\.[\w-]+)?\.\w+|(?:vitest|vite)\.\w[\w.-]*\.[cm]?[jt]s)$/.test(
    path,
  );
}

function mappingsOf({ path, text }: NameSettings): readonly Mapping[] {
  const folder = path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : "";
  const isData = /\.jsonc?$|(?:^|\/)\.(?:babelrc|swcrc)$/.test(path);
  const pairs = isData ? pairsOfData(text) : measuredKind(path) === "js" ? pairsOfCode(text) : [];
  return pairs.map(([name, target]) => ({ name: patternOf(name), target: patternOf(target), folder }));
}

type Pair = readonly [name: string, target: string];

function pairsOfData(text: string): readonly Pair[] {
  const data = parsed(text);
  if (data === null) return pairsOfCode(text);
  const { name } = data;
  const own = typeof name === "string" ? name : null;
  const root = baseOf(data);
  const pairs: Pair[] = root === null ? [] : [["*", `${root}/*`]];
  const walk = (value: unknown, names: readonly string[]): void => {
    if (names.length > maxDepth) return;
    if (typeof value === "string") {
      // A dependency leads somewhere only where it is a folder.
      const isDependency = names.some((part) => /[dD]ependencies$/.test(part));
      const linked = /^(?:file|link|portal|workspace):(.*)$/.exec(value)?.[1];
      const target = isDependency ? linked : value;
      if (target === undefined) return;
      for (const part of names) {
        pairs.push([part, target]);
        if (root !== null) pairs.push([part, `${root}/${target}`]);
        if (own !== null && /^\.(?:\/|$)/.test(part)) pairs.push([own + part.slice(1), target]);
      }
      if (own !== null && /^(?:exports|main|module|browser)$/.test(names[0] ?? "") && !names.some(isSubpath)) {
        pairs.push([own, target]);
      }
    } else if (Array.isArray(value)) {
      for (const one of value) walk(one, names);
    } else if (typeof value === "object" && value !== null) {
      for (const [key, one] of Object.entries(value)) walk(one, [...names, key]);
    }
  };
  walk(data, []);
  return pairs;
}

/** The folder from which a compiler looks for names, as its settings write it. */
function baseOf({ compilerOptions }: Readonly<Record<string, unknown>>): string | null {
  const { baseUrl } = (compilerOptions ?? {}) as { readonly baseUrl?: unknown };
  return typeof baseUrl === "string" ? baseUrl : null;
}

function isSubpath(part: string): boolean {
  return part.startsWith("./");
}

/** JSON with comments and commas at the end of lists, as the settings of compilers are. */
function parsed(text: string): Readonly<Record<string, unknown>> | null {
  const tokens = [...jsTokens(text)].filter(({ type }) => !/Comment$|^WhiteSpace$|^LineTerminator/.test(type));
  const isClosing = (at: number): boolean => /^[\]}]$/.test(tokens[at]?.value ?? "");
  const kept = tokens.filter(({ value }, at) => !(value === "," && isClosing(at + 1)));
  try {
    const data: unknown = JSON.parse(kept.map(({ value }) => value).join(""));
    return typeof data === "object" && data !== null ? (data as Readonly<Record<string, unknown>>) : null;
  } catch {
    return null;
  }
}

/** Properties of objects, with the texts in their values: alone, and put together to a path. */
function pairsOfCode(text: string): readonly Pair[] {
  const tokens = [...jsTokens(text)].filter(({ type }) => !/Comment$|^WhiteSpace$|^LineTerminator/.test(type));
  const pairs: Pair[] = [];
  let found: readonly string[] = [];
  for (const [at, { value }] of tokens.entries()) {
    const key = tokens[at - 1];
    if (value !== ":" || key === undefined) continue;
    const texts = textsOfValue(tokens.slice(at + 1, at + 60));
    const name = unquoted(key.value);
    if (name === "find") found = texts;
    const targets = texts.length > 1 ? [...texts, texts.join("/")] : texts;
    for (const one of name === "replacement" ? found : [name])
      pairs.push(...targets.map((target) => [one, target] as const));
  }
  return pairs;
}

function textsOfValue(tokens: readonly { readonly type: string; readonly value: string }[]): readonly string[] {
  const texts: string[] = [];
  let depth = 0;
  for (const { type, value } of tokens) {
    if (/^[([{]$/.test(value)) depth += 1;
    if (/^[)\]}]$/.test(value)) depth -= 1;
    if (depth < 0 || (depth === 0 && value === ",")) break;
    if (type === "StringLiteral" || type === "NoSubstitutionTemplate") texts.push(unquoted(value));
    if (type === "TemplateTail") texts.push(value.slice(1, -1));
    if (type === "RegularExpressionLiteral") texts.push(value.replace(/^\/(.*)\/\w*$/s, "$1"));
  }
  return texts;
}

function unquoted(value: string): string {
  return /^["'`]/.test(value) ? value.slice(1, -1) : value;
}

/** `^#(.*)$` and `$1` of settings that use expressions, as patterns. */
function patternOf(text: string): string {
  return text.replaceAll(/^\^|\$$|\\/g, "").replace(/\(\.[*+]\)|\$1/, "*");
}

function pathsOf({ name, target, folder }: Mapping, asked: string): readonly string[] {
  const rest = restOf(name, asked);
  if (rest === null) return [];
  const led = target.includes("*") ? target.replace("*", rest) : rest === "" ? target : `${target}/${rest}`;
  const path = led.replace(/^(?:<\w+>|\.)?\/+/, "").replaceAll(/(^|\/)(?:\.\/)+/g, "$1");
  const parts: string[] = [];
  for (const part of `${folder}/${path}`.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  const plain = [path, parts.join("/")].map((one) => one.replace(/\.[cm]?[jt]sx?$/, "").replace(/\/(?:index)?$/, ""));
  return plain.filter((one) => one !== "");
}

/** What stands for the `*` of a pattern, or behind an alias of a folder; null where the name is another. */
function restOf(name: string, asked: string): string | null {
  if (name === "") return null;
  if (!name.includes("*")) {
    if (asked === name) return "";
    const folder = name.endsWith("/") ? name : `${name}/`;
    return asked.startsWith(folder) ? asked.slice(folder.length) : null;
  }
  const [before = "", after = ""] = name.split("*");
  const fits = asked.length >= before.length + after.length && asked.startsWith(before) && asked.endsWith(after);
  return fits ? asked.slice(before.length, asked.length - after.length) : null;
}
