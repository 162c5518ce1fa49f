import type { RuleReference } from "@phasegate/wire";
import type { NormalizedPattern } from "../model/normalized.ts";
import { itemsOf, keyPlace, type Located, member, textOf } from "../reading/located.ts";
import { shorten } from "../reading/reporter.ts";
import type { NormalizeContext } from "./context.ts";
import { type Placed, placed, placedList } from "./places.ts";

const maxSetDepth = 8;

/** A list of patterns with every `$name` replaced by its set, each at the place where it was written. */
export function normalizePatterns(context: NormalizeContext, node: Located | undefined): Placed<NormalizedPattern[]> {
  if (!node) return placedList([], context.root.place);
  const found = itemsOf(node).flatMap((item) => expandPattern(context, item, 0));
  const seen = new Set<string>();
  const unique = found.filter(({ value }) => {
    const key = `${value.glob}\0${value.pointer ?? ""}`;
    return !seen.has(key) && seen.add(key).size > 0;
  });
  return placedList(unique, node.place);
}

/** As `normalizePatterns`, where a place inside a file has no meaning. */
export function normalizeGlobs(context: NormalizeContext, node: Located | undefined): Placed<string[]> {
  const patterns = normalizePatterns(context, node);
  for (const [index, { glob, pointer }] of patterns.value.entries()) {
    if (pointer === null) continue;
    const place = patterns.places.get(`/${index}`) ?? context.root.place;
    context.reporter.error(
      place,
      "invalid-pattern",
      `\`${glob}#${pointer}\` names a place inside a file`,
      "name the file",
    );
  }
  return { value: patterns.value.map(({ glob }) => glob), places: patterns.places };
}

/** Reports what is wrong with the sets under `paths` even where none is used. */
export function checkPathSets(context: NormalizeContext): void {
  const sets = member(context.root, "paths");
  if (sets?.kind !== "map") return;
  for (const [name, { place, value }] of sets.entries) {
    if (!/^[A-Za-z][A-Za-z0-9_-]*$/u.test(name)) {
      context.reporter.error(
        place,
        "invalid-value",
        `a path set cannot be named \`${shorten(name)}\``,
        "letters, digits, `_`, `-`",
      );
    }
    normalizePatterns(context, value);
  }
}

function expandPattern(context: NormalizeContext, item: Located, depth: number): Placed<NormalizedPattern>[] {
  const text = textOf(item);
  if (text === null) return [];
  if (!text.startsWith("$")) {
    const pattern = parsePattern(context, text, item.place);
    return pattern ? [placed(pattern, item.place)] : [];
  }
  const name = text.slice(1);
  const sets = member(context.root, "paths");
  const set = member(sets, name);
  if (!set) {
    const known = sets?.kind === "map" ? [...sets.entries.keys()].map((key) => `$${key}`) : [];
    context.reporter.unknown(item.place, "unknown-path-set", "path set", text, known);
    return [];
  }
  if (depth >= maxSetDepth) {
    const place = keyPlace(sets, name) ?? item.place;
    context.reporter.error(place, "too-deep", `path set \`${shorten(text)}\` contains itself`);
    return [];
  }
  return itemsOf(set).flatMap((inner) => expandPattern(context, inner, depth + 1));
}

function parsePattern(context: NormalizeContext, text: string, place: RuleReference): NormalizedPattern | null {
  const wrong = (message: string, hint: string): null => {
    context.reporter.error(place, "invalid-pattern", message, hint);
    return null;
  };
  const hash = text.indexOf("#/");
  const written = hash < 0 ? text : text.slice(0, hash);
  const pointer = hash < 0 ? null : text.slice(hash + 1);
  const glob = written.replace(/^(?:\.\/)+/u, "");
  const shown = `\`${shorten(text)}\``;
  if (glob === "" || glob === ".") return wrong(`pattern ${shown} is empty`, "`**` is everything");
  if (glob.startsWith("!")) return wrong(`pattern ${shown} negates`, "list what is allowed; nothing else is");
  if (glob.startsWith("/"))
    return wrong(`pattern ${shown} is absolute`, "start at the root of the workspace, without `/`");
  if (glob.split("/").includes("..")) return wrong(`pattern ${shown} leads out of the workspace`, "start at its root");
  if (/\p{Cc}/u.test(glob)) return wrong(`pattern ${shown} holds a control character`, "remove it");
  if (glob.includes("\\")) return wrong(`pattern ${shown} holds a backslash`, "separate components with `/`");
  if (pointer !== null) {
    if (!/\.(?:json|ya?ml|toml)$/u.test(glob)) {
      return wrong(`pattern ${shown} points into a file of unknown form`, "JSON, YAML and TOML files have places");
    }
    if (/~(?![01])/u.test(pointer))
      return wrong(`pattern ${shown} has no JSON pointer`, "write `~` as `~0`, `/` as `~1`");
  }
  return { glob: glob.endsWith("/") ? `${glob}**` : glob, pointer };
}
