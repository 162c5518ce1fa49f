import type { FileSample, TreeChange } from "@phasegate/wire";
import { isData } from "./readable-text.ts";

/** A file that a change brings, that something may run, and that nobody can read in the difference. */
export interface UnreadableCode {
  readonly path: string;
  readonly size: number;
  readonly kind: string;
}

/** First bytes, in hexadecimal, by which the loaders themselves know their files. */
const magics: readonly (readonly [prefix: string, kind: string])[] = [
  ["7f454c46", "native code (ELF)"],
  ["4d5a", "native code (Windows)"],
  ["feedface", "native code (Mach-O)"],
  ["feedfacf", "native code (Mach-O)"],
  ["cefaedfe", "native code (Mach-O)"],
  ["cffaedfe", "native code (Mach-O)"],
  ["cafebabe", "Java class or native code (Mach-O)"],
  ["0061736d", "WebAssembly"],
  ["6465780a", "Dalvik bytecode"],
  ["1b4c7561", "Lua bytecode"],
  ["1b4c4a", "Lua bytecode"],
  ["4243c0de", "LLVM bitcode"],
  ["464f5231", "Erlang bytecode"],
  ["59415242", "Ruby bytecode"],
  ["213c617263683e0a", "object archive"],
];
const zip = "504b0304";
/** The third and fourth byte of every version's `.pyc`. */
const pythonMark = "0d0a";

const kindsByExtension: Readonly<Record<string, string>> = {
  ...named("native code", ["so", "node", "dll", "dylib", "exe", "pyd", "ko"]),
  ...named("Python bytecode", ["pyc", "pyo"]),
  ...named("archive of code", [
    "jar",
    "war",
    "ear",
    "aar",
    "apk",
    "whl",
    "egg",
    "pyz",
    "phar",
    "gem",
    "nupkg",
    "crate",
  ]),
  class: "Java bytecode",
  wasm: "WebAssembly",
  dex: "Dalvik bytecode",
  luac: "Lua bytecode",
  beam: "Erlang bytecode",
  jsc: "JavaScript bytecode",
};

/** Documents that are zip archives. */
const zipDocuments = new Set(["docx", "xlsx", "pptx", "odt", "ods", "odp", "odg", "epub", "sketch", "npz", "kmz"]);
/** Texts that are no code: what they say is all that they do. */
const proseExtensions = new Set(["md", "txt", "rst", "adoc", "log", "csv", "tsv", "po", "srt", "html", "svg"]);
/** Longest line, in bytes, that a person is taken to read in a text that may be code. */
const maxReadableLine = 5_000;

/**
 * The changed files that hold code which the difference does not show in a readable form, in the order of the changes:
 * known by their first bytes, or by their name where they are not text; of texts, those that read otherwise than they
 * look. Of a file without a sample only the name is
 * judged. Images, fonts and other data are none.
 */
export function unreadableCode(
  changes: readonly TreeChange[],
  samples: Readonly<Record<string, FileSample>>,
): readonly UnreadableCode[] {
  return changes.flatMap(({ path, after }) => {
    if (after?.type !== "file") return [];
    const kind = kindOf(path, Object.hasOwn(samples, path) ? samples[path]! : null);
    return kind === null ? [] : [{ path, size: after.size, kind }];
  });
}

function kindOf(path: string, sample: FileSample | null): string | null {
  const extension = extensionOf(path);
  const disguise = sample?.disguise ?? null;
  if (disguise !== null && !proseExtensions.has(extension)) return disguise;
  if (sample?.unseen && !isData(path, sample)) return sample.unseen;
  if (sample?.isText) {
    const isLong = sample.longestLine > maxReadableLine && !isData(path, sample);
    return isLong ? `minified or generated code, a line of ${String(sample.longestLine)} bytes or more` : null;
  }
  const head = sample?.head ?? "";
  const magic = magics.find(([prefix]) => head.startsWith(prefix))?.[1];
  if (magic !== undefined) return magic;
  if (Object.hasOwn(kindsByExtension, extension)) return kindsByExtension[extension]!;
  if (head.startsWith(zip) && !zipDocuments.has(extension)) return "archive (zip), from which code can be loaded";
  return head.slice(4, 8) === pythonMark ? "Python bytecode" : null;
}

/** `libz.so.1.2` is an `so`. */
function extensionOf(path: string): string {
  const name = path.slice(path.lastIndexOf("/") + 1).toLowerCase();
  if (/\.so(?:\.\d+)+$/.test(name)) return "so";
  return name.includes(".") ? name.slice(name.lastIndexOf(".") + 1) : "";
}

function named(kind: string, extensions: readonly string[]): Record<string, string> {
  return Object.fromEntries(extensions.map((extension) => [extension, kind]));
}
