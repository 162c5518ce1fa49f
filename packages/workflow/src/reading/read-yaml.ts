import type { RuleReference } from "@phasegate/wire";
import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  type Range,
  type Scalar,
  type YAMLMap,
} from "yaml";
import type { Located, LocatedEntry } from "./located.ts";
import { type Reporter, shorten } from "./reporter.ts";

/** UTF-16 units of one file. */
const maxFileLength = 1_000_000;
const maxMessageLength = 200;
const maxDepth = 48;
/** Values of one file, aliases counted each time that they stand for something. */
const maxNodes = 50_000;

/**
 * Reads one YAML 1.2 (or JSON) document. Returns null and reports at least one error when the text is not one
 * well-formed document of plain values; duplicate keys, `__proto__`, unknown tags, alias bombs and texts that were
 * not UTF-8 are errors, never repaired.
 */
export function readYaml(file: string, text: string, reporter: Reporter): Located | null {
  if (!isReadableText(file, text, reporter)) return null;
  const lines = linesOf(text);
  const placeAt = (offset: number): RuleReference => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${Math.max(line, 1)}:${Math.max(col, 1)}`;
  };
  const document = parse(text);
  if (document === null) {
    reporter.error(`${file}:1:1`, "too-deep", "nested deeper than the parser can follow");
    return null;
  }
  const problems = [...document.errors, ...document.warnings];
  for (const problem of problems.slice(0, 20)) {
    const code = problem.code === "DUPLICATE_KEY" ? "duplicate-key" : "yaml-syntax";
    reporter.error(placeAt(problem.pos[0]), code, lowerFirst(shorten(problem.message, maxMessageLength)));
  }
  if (problems.length > 0) return null;
  if (document.contents === null) {
    reporter.error(placeAt(0), "yaml-syntax", "the file is empty", "write at least `name` and `phases`");
    return null;
  }
  const reading: Reading = { document, placeAt, reporter, nodes: 0, failed: false };
  const root = readNode(reading, document.contents, 0);
  return reading.failed ? null : root;
}

/** Every line of the text; the parser itself tells of none in what it does not understand. */
function linesOf(text: string): LineCounter {
  const lines = new LineCounter();
  lines.addNewLine(0);
  for (const { index } of text.matchAll(/\n/g)) lines.addNewLine(index + 1);
  return lines;
}

/** Null when the text makes the parser run out of stack, which only nesting of thousands of levels does. */
function parse(text: string): Document.Parsed | null {
  try {
    return parseDocument(text, { prettyErrors: false, logLevel: "error" });
  } catch {
    return null;
  }
}

interface Reading {
  readonly document: Document;
  readonly placeAt: (offset: number) => RuleReference;
  readonly reporter: Reporter;
  nodes: number;
  failed: boolean;
}

function readNode(reading: Reading, node: unknown, depth: number): Located | null {
  const place = reading.placeAt(offsetOf(node));
  reading.nodes += 1;
  if (reading.nodes > maxNodes) return refuse(reading, place, "too-large", `more than ${maxNodes} values`);
  if (depth > maxDepth) return refuse(reading, place, "too-deep", `nested deeper than ${maxDepth} levels`);
  if (isAlias(node)) {
    const target = node.resolve(reading.document);
    if (!target) return refuse(reading, place, "yaml-syntax", `no anchor is called \`${shorten(node.source)}\``);
    return readNode(reading, target, depth + 1);
  }
  if (isMap(node)) return readMap(reading, node, place, depth);
  if (isSeq(node)) {
    const items: Located[] = [];
    for (const item of node.items) {
      const read = readNode(reading, item, depth + 1);
      if (read === null) return null;
      items.push(read);
    }
    return { kind: "list", items, place };
  }
  if (node === null || node === undefined) return { kind: "scalar", value: null, place };
  if (!isScalar(node)) return refuse(reading, place, "yaml-syntax", "not a plain value");
  return readScalar(reading, node, place);
}

function readMap(reading: Reading, node: YAMLMap, place: RuleReference, depth: number): Located | null {
  const entries = new Map<string, LocatedEntry>();
  for (const pair of node.items) {
    const key = isScalar(pair.key) ? pair.key.value : undefined;
    const at = reading.placeAt(offsetOf(pair.key));
    if (typeof key !== "string") {
      return refuse(reading, at, "invalid-key", "a key must be a string", "put it in quotes");
    }
    if (key === "__proto__") return refuse(reading, at, "forbidden-key", "`__proto__` cannot be a key");
    // An aliased or repeated key that the parser let through would otherwise win silently.
    if (entries.has(key)) return refuse(reading, at, "duplicate-key", "map keys must be unique");
    const value = pair.value === null ? scalarNull(at) : readNode(reading, pair.value, depth + 1);
    if (value === null) return null;
    entries.set(key, { place: at, value });
  }
  return { kind: "map", entries, place };
}

function readScalar(reading: Reading, node: Scalar, place: RuleReference): Located | null {
  const { value } = node;
  if (value === null || typeof value === "string" || typeof value === "boolean") {
    return { kind: "scalar", value, place };
  }
  if (typeof value === "number" && Number.isFinite(value)) {
    return { kind: "scalar", value, written: node.source ?? String(value), place };
  }
  return refuse(reading, place, "yaml-syntax", "not a plain value");
}

function scalarNull(place: RuleReference): Located {
  return { kind: "scalar", value: null, place };
}

function refuse(reading: Reading, place: RuleReference, code: string, message: string, hint?: string): null {
  reading.failed = true;
  reading.reporter.error(place, code, message, hint ?? null);
  return null;
}

function offsetOf(node: unknown): number {
  return (node as Node | null | undefined)?.range?.[0 satisfies keyof Range] ?? 0;
}

function isReadableText(file: string, text: string, reporter: Reporter): boolean {
  if (text.length > maxFileLength) {
    reporter.error(`${file}:1:1`, "too-large", `longer than ${maxFileLength} characters`);
    return false;
  }
  const nul = text.indexOf("\0");
  if (nul >= 0) {
    reporter.error(placeInText(file, text, nul), "nul-character", "the file holds a NUL character");
    return false;
  }
  const broken = text.search(/\uFFFD|\p{Surrogate}/u);
  if (broken >= 0) {
    reporter.error(placeInText(file, text, broken), "not-utf8", "the file is not UTF-8", "save it as UTF-8");
    return false;
  }
  return true;
}

function placeInText(file: string, text: string, offset: number): RuleReference {
  const before = text.slice(0, offset);
  const lineStart = before.lastIndexOf("\n") + 1;
  return `${file}:${before.split("\n").length}:${offset - lineStart + 1}`;
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
