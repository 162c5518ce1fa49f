import type { FileSample } from "@phasegate/wire";

/** Texts that programs read as values: long lines are usual there, and nothing runs them. By the end of the name. */
const data: ReadonlySet<string> = new Set([
  "md",
  "txt",
  "rst",
  "adoc",
  "tex",
  "bib",
  "log",
  "out",
  "err",
  "po",
  "pot",
  "srt",
  "vtt",
  "ftl",
  "eml",
  "mbox",
  "json",
  "jsonl",
  "ndjson",
  "json5",
  "geojson",
  "topojson",
  "har",
  "sarif",
  "ipynb",
  "map",
  "webmanifest",
  "csv",
  "tsv",
  "psv",
  "dat",
  "xml",
  "xlf",
  "resx",
  "rss",
  "atom",
  "gpx",
  "kml",
  "plist",
  "wsdl",
  "xsd",
  "yaml",
  "yml",
  "arb",
  "strings",
  "lock",
  "lockb",
  "sum",
  "snap",
  "snapshot",
  "ambr",
  "golden",
  "expected",
  "tap",
  "pem",
  "crt",
  "cer",
  "csr",
  "key",
  "pub",
  "asc",
  "sig",
  "p7b",
  "b64",
  "base64",
  "hex",
  "obj",
  "stl",
  "svg",
  "html",
  "htm",
  "xhtml",
  "diff",
  "patch",
]);
/** Of these, what a browser runs may stand in them. */
const markup: ReadonlySet<string> = new Set(["html", "htm", "xhtml", "svg", "xml", "rss", "atom"]);
/** Of these, commands and switches of the tools that read them stand in them. */
const settings =
  /^(?:package|composer|deno|tsconfig[\w.-]*|jsconfig|angular|nx|project|turbo|lerna|babel|jest|renovate|vercel|firebase)\.json5?$|^(?:pom|build|ivy|phpunit[\w.-]*)\.xml$|\.config\.\w+$|^(?:docker-)?compose[\w.-]*\.ya?ml$|^(?:taskfile|lefthook|justfile|playbook|azure-pipelines|bitbucket-pipelines|cloudbuild|appveyor|mkdocs|pubspec)[\w.-]*\.ya?ml$/u;

/**
 * True of a text that a person is not asked to read line by line: data, by its name, unless it begins as a script, holds
 * what a browser runs, or is a tool's settings. Every other text may be code, in whichever language.
 */
export function isData(path: string, sample: FileSample): boolean {
  const name = path.slice(path.lastIndexOf("/") + 1).toLowerCase();
  const extension = name.includes(".") ? name.slice(name.lastIndexOf(".") + 1) : "";
  if (sample.head.startsWith("2321") || !data.has(extension)) return false;
  if (markup.has(extension) && sample.hasScript === true) return false;
  const isHidden = path.split("/").some((part) => part.startsWith("."));
  return extension === "md" || !(settings.test(name) || (isHidden && /^(?:json5?|ya?ml|xml)$/u.test(extension)));
}
