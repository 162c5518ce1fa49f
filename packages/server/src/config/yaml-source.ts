import { isMap, isScalar, LineCounter, parseDocument, type Document, type Node, type Pair } from "yaml";
import type { Place } from "@phasegate/wire";

/** One value of a configuration file: `section.key`, or a lone top-level name. */
interface FileValue {
  readonly path: string;
  readonly value: unknown;
  /** `file:line:column` of the key. */
  readonly place: string;
}

export interface FileValues {
  readonly values: readonly FileValue[];
  readonly errors: readonly Place[];
}

/** Reads a configuration file two levels deep, with the place of each key. Duplicate keys and alias bombs are errors. */
export function readConfigText(text: string, file: string): FileValues {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, strict: true, version: "1.2" });
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  if (document.errors.length > 0) {
    return {
      values: [],
      errors: document.errors.map((error) => ({ place: at(error.pos[0]), message: firstLine(error.message) })),
    };
  }
  if (document.contents === null) return { values: [], errors: [] };
  if (!isMap(document.contents)) {
    return { values: [], errors: [{ place: `${file}:1:1`, message: "the file must be a map of sections" }] };
  }
  const values: FileValue[] = [];
  const errors: Place[] = [];
  for (const pair of document.contents.items) {
    const section = keyText(pair);
    const place = at(keyOffset(pair));
    if (isMap(pair.value)) {
      for (const inner of pair.value.items) {
        values.push({
          path: `${section}.${keyText(inner)}`,
          value: plainValue(inner.value, document, errors, at(keyOffset(inner))),
          place: at(keyOffset(inner)),
        });
      }
    } else if (!(pair.value === null || (isScalar(pair.value) && pair.value.value === null))) {
      values.push({ path: section, value: plainValue(pair.value, document, errors, place), place });
    }
  }
  return { values, errors };
}

function plainValue(node: unknown, document: Document, errors: Place[], place: string): unknown {
  if (node === null || node === undefined) return null;
  try {
    return (node as Node).toJS(document, { maxAliasCount: 100 }) as unknown;
  } catch (error) {
    errors.push({ place, message: firstLine(error instanceof Error ? error.message : String(error)) });
    return null;
  }
}

function keyText(pair: Pair): string {
  return isScalar(pair.key) ? String(pair.key.value) : String(pair.key);
}

function keyOffset(pair: Pair): number {
  return (pair.key as Node | null)?.range?.[0] ?? 0;
}

function firstLine(message: string): string {
  return (message.split("\n")[0] ?? "").replace(/ at line \d+, column \d+:?$/, "");
}
