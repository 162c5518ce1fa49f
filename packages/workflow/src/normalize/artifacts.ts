import type { JsonValue, RuleReference } from "@phasegate/wire";
import { compileArtifactSchema } from "../compile/artifact-schema.ts";
import type { NormalizedArtifact, NormalizedCheck } from "../model/normalized.ts";
import { isBundledName } from "../presets/bundled.ts";
import { baseNameOf, directoryOf, fileOfPlace, joinPath, relativeBelow } from "../reading/file-path.ts";
import { itemsOf, type Located, member, textOf, toJson } from "../reading/located.ts";
import { readYaml } from "../reading/read-yaml.ts";
import { shorten, suggest } from "../reading/reporter.ts";
import { normalizeCheck } from "./checks.ts";
import type { NormalizeContext } from "./context.ts";
import { type Placed, type Places, placed, placedList, putUnder } from "./places.ts";

/** The artifacts that a phase demands, schemas read and judged. */
export function normalizeArtifacts(context: NormalizeContext, phase: Located): Placed<NormalizedArtifact[]> {
  const short = member(phase, "artifacts");
  const long = member(phase, "required_artifacts");
  if (short && long) {
    context.reporter.error(
      short.place,
      "both-forms",
      "`artifacts` and `required_artifacts` are one thing",
      "keep one of them",
    );
  }
  const list = short ?? long;
  const artifacts = itemsOf(list).map((node) => normalizeArtifact(context, node));
  const types = new Set<string>();
  for (const { value, places } of artifacts) {
    if (types.has(value.type)) {
      context.reporter.error(
        places.get("") ?? phase.place,
        "duplicate-id",
        `artifact \`${shorten(value.type)}\` is listed twice`,
      );
    }
    types.add(value.type);
  }
  return placedList(artifacts, list?.place ?? phase.place);
}

function normalizeArtifact(context: NormalizeContext, node: Located): Placed<NormalizedArtifact> {
  const name = textOf(node);
  if (name !== null) {
    return placed({ type: name, required: true, description: null, schema: null, validation: [] }, node.place);
  }
  const places: Places = new Map([["", node.place]]);
  const validation: NormalizedCheck[] = [];
  for (const rule of itemsOf(member(node, "validation"))) {
    const named = member(rule, "rule");
    if (!named || textOf(named) === null) continue;
    const check = normalizeCheck(context, { name: textOf(named) ?? "", place: named.place, body: rule });
    if (!check) continue;
    putUnder(places, `/validation/${validation.length}`, check.places);
    validation.push(check.value);
  }
  const schema = member(node, "schema");
  const value: NormalizedArtifact = {
    type: textOf(member(node, "type")) ?? "",
    required: true,
    description: textOf(member(node, "description")),
    schema: schema && textOf(schema) !== null ? readSchema(context, textOf(schema) ?? "", schema.place) : null,
    validation,
  };
  return { value, places };
}

/** The content of a schema by the name that the workflow gives it: beside the file, inline, then in schemas_dir. */
function readSchema(context: NormalizeContext, name: string, place: RuleReference): JsonValue | null {
  const inline = member(context.root, "schemas");
  const directory = member(context.root, "schemas_dir");
  const besideFile = readBeside(context, place, name);
  if (besideFile !== null) return besideFile;
  for (const key of [name, baseNameOf(name)]) {
    const found = member(inline, key);
    if (found) return acceptSchema(context, found);
  }
  if (directory && textOf(directory) !== null) {
    for (const key of [name, baseNameOf(name)]) {
      const found = readBeside(context, directory.place, `${textOf(directory) ?? ""}/${key}`);
      if (found !== null) return found;
    }
  }
  const known = inline?.kind === "map" ? [...inline.entries.keys()] : [];
  const hint =
    known.length > 0 ? suggest(name, known) : "put it beside the workflow, under `schemas`, or in `schemas_dir`";
  context.reporter.error(place, "unknown-schema", `unknown schema \`${shorten(name)}\``, hint);
  return null;
}

/** Null when there is no such file; a file that is there and no schema is an error, and no reason to look further. */
function readBeside(context: NormalizeContext, place: RuleReference, name: string): JsonValue | null {
  const origin = fileOfPlace(place);
  if (isBundledName(origin)) return null;
  const path = joinPath(directoryOf(origin), name);
  if (!mayRead(context, path)) {
    context.reporter.error(place, "outside-repository", `\`${shorten(name)}\` leads out of the repository`);
    return true;
  }
  const known = context.schemas.get(path);
  if (known !== undefined) return known;
  const text = context.resolve(path);
  if (text === null) return null;
  context.filesRead.add(path);
  const read = readYaml(path, text, context.reporter);
  const schema = read === null ? true : acceptSchema(context, read);
  context.schemas.set(path, schema);
  return schema;
}

/** Only files of the repository, or beside the workflow file where that is kept elsewhere. */
export function mayRead(context: Pick<NormalizeContext, "file" | "root">, path: string): boolean {
  const home = directoryOf(context.file);
  const repository = joinPath(home, textOf(member(member(context.root, "workspace"), "repository")) ?? ".");
  return relativeBelow(home, path) !== null || relativeBelow(repository, path) !== null;
}

function acceptSchema(context: NormalizeContext, node: Located): JsonValue {
  const known = context.schemas.get(node);
  if (known !== undefined) return known;
  const schema = toJson(node);
  context.schemas.set(node, schema);
  const outcome = compileArtifactSchema(schema);
  if (!outcome.ok) {
    context.reporter.error(
      placeInside(node, outcome.pointer),
      "invalid-schema",
      `the schema does not hold: ${shorten(outcome.message)}`,
    );
  }
  return schema;
}

/** Checks inline schemas that no artifact names: a broken one would otherwise wait for its first use. */
export function checkInlineSchemas(context: NormalizeContext): void {
  const inline = member(context.root, "schemas");
  if (inline?.kind !== "map") return;
  for (const { value } of inline.entries.values()) acceptSchema(context, value);
}

/** The place below a node that a JSON pointer names; `//keyword` is the first key of that name. */
function placeInside(node: Located, pointer: string): RuleReference {
  if (pointer.startsWith("//")) return findKey(node, pointer.slice(2)) ?? node.place;
  let current = node;
  for (const part of pointer.split("/").slice(1)) {
    const key = part.replaceAll("~1", "/").replaceAll("~0", "~");
    const next = current.kind === "list" ? current.items[Number(key)] : member(current, key);
    if (!next) break;
    current = next;
  }
  return current.place;
}

function findKey(node: Located, key: string): RuleReference | null {
  if (node.kind === "scalar") return null;
  if (node.kind === "list") return node.items.map((item) => findKey(item, key)).find((place) => place !== null) ?? null;
  const own = node.entries.get(key);
  if (own) return own.place;
  return [...node.entries.values()].map(({ value }) => findKey(value, key)).find((place) => place !== null) ?? null;
}
