import path from "node:path";
import type { UnloadedTestFile } from "@phasegate/wire";
import { reportedPath, type Places } from "./reported-path.ts";

type Cause = UnloadedTestFile["cause"];

export interface CauseContext extends Places {
  /** Whether the workflow takes this path for a test file. */
  isTestFile(path: string): boolean;
}

type Rule = (text: string, file: string, context: CauseContext) => Cause | null;

const scriptEndings = ["", ".ts", ".js", ".tsx", ".jsx", ".mjs", ".cjs", ".mts", ".cts", "/index.ts", "/index.js"];

/**
 * Why a test file did not load: `in_test` and `outside` only where the text says so plainly. What a test imports in
 * vain is `in_test` when it would be a test file itself.
 */
export function causeOfUnloaded(text: string, file: string, context: CauseContext): Cause {
  for (const rule of rules) {
    const cause = rule(text, file, context);
    if (cause !== null) return cause;
  }
  return "unclassified";
}

const holdsNoTest: Rule = (text) =>
  /No test suite found in file|must contain at least one test/.test(text) ? "in_test" : null;

const missingScript: Rule = (text, file, context) => {
  const node = /Cannot find (?:module|package) ['"]([^'"\n]+)['"](?:(?: imported)? from ['"]?([^\s'"]+))?/.exec(text);
  const vite = /Failed to resolve import ["']([^"'\n]+)["'] from ["']([^"'\n]+)["']/.exec(text);
  const specifier = node?.[1] ?? vite?.[1];
  if (specifier === undefined) return null;
  const stack = /Require stack:\n- (\S+)/.exec(text);
  return causeOfImport(specifier, node?.[2] ?? vite?.[2] ?? stack?.[1] ?? file, context);
};

const missingExport: Rule = (text, file, context) => {
  const found = /requested module ['"]([^'"\n]+)['"] does not provide an export/.exec(text);
  if (found?.[1] === undefined) return null;
  const importer = /^((?:file:\/\/)?\/[^\n]*?):\d+$/m.exec(text);
  return causeOfImport(found[1], importer?.[1] ?? file, context);
};

function causeOfImport(specifier: string, importer: string, context: CauseContext): Cause {
  const from = reportedPath(importer, context);
  if (from === null || !context.isTestFile(from)) return "outside";
  const isPath = /^(\.{0,2}\/|file:)/.test(specifier);
  if (!isPath) return "outside";
  const relative = specifier.startsWith(".") ? path.posix.join(path.posix.dirname(from), specifier) : specifier;
  const target = specifier.startsWith(".") ? relative : reportedPath(specifier, context);
  if (target === null || target.startsWith("../")) return "outside";
  return scriptEndings.some((ending) => context.isTestFile(target + ending)) ? "in_test" : "outside";
}

const scriptSyntax: Rule = (text, _file, context) => {
  const babel = /SyntaxError: ((?:file:\/\/)?\/[^\n:]+): /.exec(text);
  const vite =
    /invalid JS syntax|Parse failure|PARSE_ERROR|Transform failed|Unexpected token|Expected /.test(text) &&
    /^\s*File: ([^\n]+?)(?::\d+:\d+)?$/m.exec(text);
  const esbuild = /Transform failed with \d+ errors?:\n\s*(\/[^\n:]+):\d+/.exec(text);
  const node = /^SyntaxError: /m.test(text) ? /^((?:file:\/\/)?\/[^\n]*?):\d+\n/m.exec(text) : null;
  const at = babel?.[1] ?? (vite === false ? null : vite?.[1]) ?? esbuild?.[1] ?? node?.[1];
  return at === undefined || at === null ? null : causeOfPlace(at, context);
};

function causeOfPlace(written: string, context: CauseContext): Cause {
  const place = reportedPath(written.trim(), context);
  return place !== null && context.isTestFile(place) ? "in_test" : "outside";
}

const missingPython: Rule = (text, _file, context) => {
  const name = /cannot import name '[^'\n]*' from (?:partially initialized module )?'[^'\n]*' \(([^)\n]+)\)/.exec(text);
  if (name?.[1] !== undefined) return causeOfPlace(name[1], context);
  const module = /ModuleNotFoundError: No module named '([^'\n]+)'/.exec(text)?.[1];
  if (module === undefined) return null;
  const stem = module.replaceAll(".", "/");
  const isTest = [`${stem}.py`, `${stem}/__init__.py`].some((file) =>
    context.isTestFile(path.posix.join(context.cwd, file)),
  );
  return isTest ? "in_test" : "outside";
};

const pythonSyntax: Rule = (text, _file, context) => {
  if (!/^(?:E\s+)?(?:SyntaxError|IndentationError|TabError): /m.test(text)) return null;
  const at = [...text.matchAll(/^(?:E)?\s+File "([^"\n]+)", line \d+$/gm)].at(-1)?.[1];
  return at === undefined ? null : causeOfPlace(at, context);
};

/** What rustc says of a text that it cannot read, and of a module of the test that is not there. */
const unreadRust =
  /^error(?:\[E0(?:583|758|76[2-6])\])?: (?:unknown start of token|expected (?!value\b|type\b)|mismatched closing delimiter|unexpected closing delimiter|this file contains an unclosed delimiter|unterminated |unknown prefix|invalid suffix|file not found for module)/;

const missingRust =
  /^error\[E0432\]: unresolved import `(?!crate::|self::|super::)[^\n]*\n[^]*\bin the root$|^error\[E\d+\]: [^\n]* in crate `/m;

/** The first of what rustc says at one file; what a macro of the product makes of a test is none of the test's own. */
const rust: Rule = (text, file, context) => {
  if (!file.endsWith(".rs")) return null;
  const first = text.split(/\n\s*\n/, 1)[0] ?? "";
  if (/\bmacro\b/.test(first)) return null;
  if (unreadRust.test(first)) return causeOfPlace(file, context);
  return missingRust.test(first) ? "outside" : null;
};

const rules: readonly Rule[] = [
  holdsNoTest,
  missingPython,
  pythonSyntax,
  missingScript,
  missingExport,
  scriptSyntax,
  rust,
];
