import type { ContentPair, TreeChange } from "@phasegate/wire";
import { type DocumentFormat, documentFormat, parseDocumentText } from "./documents.ts";
import { differOnlyAt, parsePointer, sameValue, valueAt } from "./pointers.ts";

/** What looking inside a changed file showed; `reason` completes "`path`: ...". */
export type ContentVerdict = { readonly allowed: true } | { readonly allowed: false; readonly reason: string };

/** Allows a change of a file only if every difference lies at or below one of the pointers. */
export function judgeChangeWithin(
  change: TreeChange,
  contents: ContentPair | undefined,
  pointers: readonly string[],
): ContentVerdict {
  if (change.before?.type !== "file" || change.after?.type !== "file") {
    return { allowed: false, reason: "only places inside the file may change, not the file as a whole" };
  }
  if (change.before.permissions !== change.after.permissions) {
    return { allowed: false, reason: "only places inside the file may change, not its permissions" };
  }
  const documents = parseBoth(change.path, contents);
  if ("reason" in documents) return { allowed: false, reason: documents.reason };
  if (differOnlyAt(documents.before, documents.after, pointers.map(parsePointer))) return { allowed: true };
  return { allowed: false, reason: `it changed outside ${listPointers(pointers)}` };
}

/** Allows a change of a file only if what stands at each of the pointers is the same on both sides. */
export function judgeChangeOutside(
  change: TreeChange,
  contents: ContentPair | undefined,
  pointers: readonly string[],
): ContentVerdict {
  const documents = parseBoth(change.path, contents, change);
  if ("reason" in documents) return { allowed: false, reason: documents.reason };
  const { before, after } = documents;
  const changed = pointers.filter((pointer) => {
    const place = parsePointer(pointer);
    return !sameValue(valueAt(before, place), valueAt(after, place));
  });
  if (changed.length === 0) return { allowed: true };
  return { allowed: false, reason: `what stands at ${listPointers(changed)} changed` };
}

type Documents = { readonly before: unknown; readonly after: unknown } | { readonly reason: string };

/** Parses both sides; with `change` a side that is not there counts as empty. */
function parseBoth(path: string, contents: ContentPair | undefined, change?: TreeChange): Documents {
  const format = documentFormat(path);
  if (!format) return { reason: "its format is none of JSON, YAML, TOML, so places inside it cannot be judged" };
  if (!contents) return { reason: "its texts were not read, so places inside it cannot be judged" };
  const before = parseSide(format, contents.before, change !== undefined && change.before === null);
  const after = parseSide(format, contents.after, change !== undefined && change.after === null);
  if (!before) return { reason: `its earlier text is no well-formed ${format.toUpperCase()} with unique keys` };
  if (!after) return { reason: `its text is no well-formed ${format.toUpperCase()} with unique keys` };
  return { before: before.value, after: after.value };
}

function parseSide(format: DocumentFormat, text: string | null, absent: boolean): { readonly value: unknown } | null {
  if (absent) return { value: undefined };
  return text === null ? null : parseDocumentText(format, text);
}

function listPointers(pointers: readonly string[]): string {
  return pointers.map((pointer) => `\`#${pointer}\``).join(", ");
}
