import { parse as parseJson, visit as visitJson } from "jsonc-parser";
import { parse as parseToml } from "smol-toml";
import { parseDocument } from "yaml";

/** Largest text that is looked into, in characters; a larger one counts as unparsable. */
const maxDocumentLength = 4_194_304;

export type DocumentFormat = "json" | "yaml" | "toml";

const byExtension: Readonly<Record<string, DocumentFormat>> = {
  json: "json",
  jsonc: "json",
  webmanifest: "json",
  yaml: "yaml",
  yml: "yaml",
  toml: "toml",
};
const byName: Readonly<Record<string, DocumentFormat>> = {
  ".babelrc": "json",
  ".eslintrc": "yaml",
  ".prettierrc": "yaml",
  ".npmpackagejsonlintrc": "json",
  ".swcrc": "json",
  "composer.lock": "json",
  "cargo.lock": "toml",
  "poetry.lock": "toml",
  "uv.lock": "toml",
  pipfile: "toml",
};

/** The format that a path's name stands for; null when places inside it cannot be told. */
export function documentFormat(path: string): DocumentFormat | null {
  const name = path.slice(path.lastIndexOf("/") + 1).toLowerCase();
  const extension = name.includes(".") ? name.slice(name.lastIndexOf(".") + 1) : "";
  return byName[name] ?? byExtension[extension] ?? null;
}

/**
 * Parses a whole text strictly, or answers null: duplicate keys, unknown YAML tags, several YAML documents and syntax
 * errors all leave it open what a program will read, so none of them counts as parsed. JSON may hold comments.
 */
export function parseDocumentText(format: DocumentFormat, text: string): { readonly value: unknown } | null {
  if (text.length > maxDocumentLength) return null;
  try {
    return parsers[format](text);
  } catch {
    // The parsers throw on bad input, and on nesting beyond the stack. Either way nothing was parsed.
    return null;
  }
}

const parsers: Readonly<Record<DocumentFormat, (text: string) => { readonly value: unknown } | null>> = {
  json: parseJsonText,
  yaml: parseYamlText,
  toml: (text) => ({ value: parseToml(text) }),
};

function parseJsonText(text: string): { readonly value: unknown } | null {
  let failed = false;
  const open: Set<string>[] = [];
  visitJson(
    text,
    {
      onObjectBegin: () => {
        open.push(new Set());
      },
      onObjectProperty: (name) => {
        const keys = open.at(-1);
        // The parser would set the prototype instead of a member.
        if (!keys || keys.has(name) || name === "__proto__") failed = true;
        keys?.add(name);
      },
      onObjectEnd: () => void open.pop(),
      onError: () => {
        failed = true;
      },
    },
    { allowTrailingComma: true },
  );
  return failed ? null : { value: parseJson(text, [], { allowTrailingComma: true }) as unknown };
}

function parseYamlText(text: string): { readonly value: unknown } | null {
  const document = parseDocument(text, { uniqueKeys: true, strict: true, merge: true, logLevel: "error" });
  if (document.errors.length > 0 || document.warnings.length > 0) return null;
  return { value: document.toJS({ maxAliasCount: 100 }) as unknown };
}
