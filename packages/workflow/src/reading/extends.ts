import type { NormalizeContext } from "../normalize/context.ts";
import { isBundledName, presetNames, presetText } from "../presets/bundled.ts";
import { directoryOf, joinPath } from "./file-path.ts";
import { type Located, type LocatedEntry, type LocatedMap, member, textOf } from "./located.ts";
import { readYaml } from "./read-yaml.ts";
import { shorten } from "./reporter.ts";

const maxExtendsDepth = 3;

/** What is needed to follow `extends`; `check` judges the shape of each file that is read. */
export interface ExtendsContext extends Pick<NormalizeContext, "file" | "reporter" | "resolve" | "filesRead"> {
  check(node: Located): void;
  mayRead(path: string): boolean;
}

/**
 * A file with everything that it extends merged in: maps merge, lists replace, phases merge by id. Reports a parent
 * that is not there, is outside the repository, or is more than three levels away.
 */
export function mergeParents(context: ExtendsContext, file: string, root: Located, depth = 0): Located {
  const reference = member(root, "extends");
  const name = textOf(reference);
  if (!reference || name === null || root.kind !== "map") return root;
  const own = without(root, "extends");
  if (depth >= maxExtendsDepth) {
    const hint = "copy what is needed from the parents into one file";
    context.reporter.error(reference.place, "too-deep", `more than ${maxExtendsDepth} levels of \`extends\``, hint);
    return own;
  }
  const parent = readParent(context, file, name, reference.place);
  // What the parent would have brought is not missing here too.
  if (!parent) return root;
  const merged = mergeParents(context, parent.file, parent.root, depth + 1);
  return mergeMaps(context, merged, own, "");
}

function readParent(
  context: ExtendsContext,
  file: string,
  name: string,
  place: string,
): { readonly file: string; readonly root: Located } | null {
  const bundled = presetText(name);
  if (bundled === null && isBundledName(name)) {
    context.reporter.unknown(place, "unknown-preset", "preset", name, presetNames);
    return null;
  }
  const path = bundled === null ? joinPath(directoryOf(file), name) : name;
  if (bundled === null && (isBundledName(file) || !context.mayRead(path))) {
    context.reporter.error(place, "outside-repository", `\`${shorten(name)}\` leads out of the repository`);
    return null;
  }
  const text = bundled ?? context.resolve(path);
  if (text === null) {
    context.reporter.error(
      place,
      "unknown-file",
      `there is no file \`${shorten(path)}\``,
      `bundled: ${presetNames.join(", ")}`,
    );
    return null;
  }
  if (bundled === null) context.filesRead.add(path);
  const root = readYaml(path, text, context.reporter);
  if (root) context.check(root);
  return root ? { file: path, root } : null;
}

function without(map: LocatedMap, key: string): LocatedMap {
  return { ...map, entries: new Map([...map.entries].filter(([name]) => name !== key)) };
}

/** Keys that say one thing in two forms: the child's form replaces the parent's other. */
const otherForms: Readonly<Record<string, string>> = {
  tools: "allowed_tools",
  allowed_tools: "tools",
  artifacts: "required_artifacts",
  required_artifacts: "artifacts",
  gate: "gates",
  gates: "gate",
};

function mergeMaps(context: ExtendsContext, parent: Located, child: Located, path: string): Located {
  if (parent.kind !== "map" || child.kind !== "map") return child;
  const isPhase = path === "/phases[]";
  const entries = new Map<string, LocatedEntry>(parent.entries);
  for (const [key, entry] of child.entries) {
    const inherited = parent.entries.get(key);
    const below = `${path}/${key}`;
    const other = isPhase && Object.hasOwn(otherForms, key) ? otherForms[key] : undefined;
    if (other !== undefined) entries.delete(other);
    if (!inherited) entries.set(key, entry);
    else if (below === "/phases")
      entries.set(key, { place: entry.place, value: mergePhases(context, inherited.value, entry.value) });
    else entries.set(key, { place: entry.place, value: mergeMaps(context, inherited.value, entry.value, below) });
  }
  return { kind: "map", entries, place: child.place };
}

/** The parent's phases in their order, each with the child's changes; a new one stands after its neighbour in the child. */
function mergePhases(context: ExtendsContext, parent: Located, child: Located): Located {
  if (parent.kind !== "list" || child.kind !== "list") return child;
  const merged: Located[] = [...parent.items];
  const positionOf = (id: string | null): number =>
    id === null ? -1 : merged.findIndex((phase) => textOf(member(phase, "id")) === id);
  let previous = -1;
  for (const phase of child.items) {
    const at = positionOf(textOf(member(phase, "id")));
    const inherited = merged[at];
    if (inherited === undefined) {
      previous += 1;
      merged.splice(previous, 0, phase);
      continue;
    }
    if (at < previous) {
      context.reporter.error(
        phase.place,
        "phase-order",
        "phases stand in another order than in the workflow that is extended",
      );
    }
    previous = at;
    merged[at] = mergeMaps(context, inherited, phase, "/phases[]");
  }
  return { kind: "list", items: merged, place: child.place };
}
