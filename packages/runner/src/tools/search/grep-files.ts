import { closeSync, fstatSync, openSync, readFileSync } from "node:fs";
import { RE2JS } from "re2js";
import type { JsonObject } from "@phasegate/wire";
import { entryOf, hasCode } from "../../tree/descriptor.ts";
import { fileFlags } from "../open-file.ts";
import { ToolRefusal } from "../outcome.ts";
import { visitFiles, type VisitedFile } from "./walk.ts";

export interface GrepRequest {
  readonly kind: "grep";
  readonly workspacePath: string;
  readonly pattern: string;
  readonly path: string;
  readonly contextLines: number;
  readonly maxMatches: number;
}

/** Larger files are not looked into. */
const maxFileMegabytes = 8;
/** A NUL in as much of a file makes it binary, as for git. */
const maxBytesBeforeNul = 8_192;
/** Files that an answer names as not searched. */
const maxNotSearched = 10;
const maxLineLength = 2_000;
const maxContentLength = 1024 ** 2;

/**
 * Finds the lines that a regular expression matches, in time linear in their length. Links are left out, and so are
 * binary files; what is no UTF-8 in others reads as U+FFFD. `total` counts what was found, `matches` holds at most
 * `maxMatches` of it. `not_searched` is there only if a file is too large, cannot be read, or is binary and named alone.
 */
export function grepFiles(request: GrepRequest): JsonObject {
  const matcher = compileLineMatcher(request.pattern);
  const matches: JsonObject[] = [];
  let total = 0;
  let contentLength = 0;
  const notSearched: JsonObject[] = [];
  let notSearchedTotal = 0;
  visitFiles(request.path, request.workspacePath, (file) => {
    const read = readText(file);
    if (read.kind === "left_out") return;
    if (read.kind === "not_searched") {
      notSearchedTotal += 1;
      if (notSearched.length < maxNotSearched) notSearched.push({ file: file.path, reason: read.reason });
      return;
    }
    const { text } = read;
    if (!matcher.mayMatchIn(text)) return;
    const lines = splitLines(text);
    for (const [index, line] of lines.entries()) {
      if (!matcher.matches(line)) continue;
      total += 1;
      if (matches.length >= request.maxMatches || contentLength > maxContentLength) continue;
      const content = contentAround(lines, index, request.contextLines);
      contentLength += content.length;
      matches.push({ file: file.path, line: index + 1, content });
    }
  });
  const { pattern, path } = request;
  const skipped = notSearchedTotal === 0 ? {} : { not_searched: notSearched, not_searched_total: notSearchedTotal };
  return { status: "success", pattern, path, matches, total, ...skipped };
}

interface LineMatcher {
  matches(line: string): boolean;
  /** False only if no line of the text matches. One pass over a whole file is far faster than one for each line. */
  mayMatchIn(text: string): boolean;
}

/** Reads a pattern; refuses one that is no RE2 expression with the reason. */
function compileLineMatcher(pattern: string): LineMatcher {
  if (/^[\w /:;,<>=!@#%&~"'`-]+$/.test(pattern)) {
    return { matches: (line) => line.includes(pattern), mayMatchIn: (text) => text.includes(pattern) };
  }
  try {
    const line = RE2JS.compile(pattern);
    const text = RE2JS.compile(pattern, RE2JS.MULTILINE);
    const isSameInText = !/\(\?|\\[AzQ]/.test(pattern);
    return {
      matches: (candidate) => line.test(candidate),
      mayMatchIn: (candidate) => !isSameInText || candidate.includes("\r") || text.test(candidate),
    };
  } catch (error) {
    const reason = error instanceof Error ? error.message.replaceAll("`", "'") : "it does not compile";
    throw new ToolRefusal("tool_failed", `\`pattern\` is not a regular expression of RE2: ${reason}`, {
      hint: "look-around and back references do not exist there; write a literal `(` as `\\(`",
    });
  }
}

/** Lines without their ends; the empty rest after the last line end is none. */
function splitLines(text: string): string[] {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines.map((line) => (line.endsWith("\r") ? line.slice(0, -1) : line));
}

function contentAround(lines: readonly string[], index: number, contextLines: number): string {
  const around = lines.slice(Math.max(0, index - contextLines), index + contextLines + 1);
  return around
    .map((line) => (line.length > maxLineLength ? `${line.slice(0, maxLineLength).toWellFormed()}...` : line))
    .join("\n");
}

type ReadFile =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "left_out" }
  | { readonly kind: "not_searched"; readonly reason: string };

function readText(file: VisitedFile): ReadFile {
  if (file.isLink) return { kind: "left_out" };
  let descriptor: number;
  try {
    descriptor = openSync(entryOf(file.directory, file.name), fileFlags);
  } catch (error) {
    if (hasCode(error, "EACCES")) return { kind: "not_searched", reason: "permission denied" };
    if (hasCode(error, "ENOENT", "ELOOP", "ENXIO", "ENODEV")) return { kind: "left_out" };
    throw error;
  }
  try {
    const stats = fstatSync(descriptor);
    if (!stats.isFile()) return { kind: "left_out" };
    if (stats.size > maxFileMegabytes * 1024 ** 2) {
      return { kind: "not_searched", reason: `more than ${String(maxFileMegabytes)} MiB` };
    }
    const bytes = readFileSync(descriptor);
    if (!bytes.subarray(0, maxBytesBeforeNul).includes(0)) return { kind: "text", text: bytes.toString("utf8") };
    return file.isAlone ? { kind: "not_searched", reason: "binary" } : { kind: "left_out" };
  } finally {
    closeSync(descriptor);
  }
}
