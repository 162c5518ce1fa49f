import { closeSync, readSync } from "node:fs";
import type { JsonObject } from "@phasegate/wire";
import { notText, textOf } from "../descriptor-text.ts";
import { openForReading, type OpenFile } from "../open-file.ts";
import { ToolRefusal } from "../outcome.ts";

/** Text that one call answers at most. */
export const maxReadBytes = 1024 ** 2;
/** How far into a file the lines that were asked for are looked for. */
const maxScannedBytes = 64 * 1024 ** 2;
const chunkBytes = 256 * 1024;
const lineFeed = 0x0a;

export interface LinesRequest {
  readonly kind: "lines";
  readonly workspacePath: string;
  readonly path: string;
  /** Lines to leave out before the first. */
  readonly offset: number;
  readonly limit: number | null;
}

/** `linesOf` for a path, as the answer of `read_files`. */
export function readLines(request: LinesRequest): JsonObject {
  const file = openForReading(request.path, request.workspacePath);
  try {
    return readAnswer(linesOf(file, request), file);
  } finally {
    closeSync(file.descriptor);
  }
}

/** What `read_files` answers for a content. */
export function readAnswer(content: string, file: OpenFile): JsonObject {
  return { status: "success", content, lines: countLines(content), path: file.path };
}

/**
 * The lines from `offset` on, at most `limit`, their line ends as they are. Reads no further than it must, and holds
 * nothing but the answer. Refuses a NUL on the way, an answer that is no UTF-8, and what is past a bound.
 */
export function linesOf(file: OpenFile, { path, offset, limit }: Omit<LinesRequest, "kind" | "workspacePath">): string {
  const chunk = Buffer.allocUnsafe(chunkBytes);
  const parts: Buffer[] = [];
  let toSkip = offset;
  let toKeep = limit ?? Number.POSITIVE_INFINITY;
  let scanned = 0;
  let kept = 0;
  while (toKeep > 0) {
    const bytes = chunk.subarray(0, readSync(file.descriptor, chunk, 0, chunk.length, scanned));
    if (bytes.length === 0) break;
    scanned += bytes.length;
    if (scanned > maxScannedBytes) throw tooFar(path);
    if (bytes.includes(0)) throw notText(path);
    const skipped = passLines(bytes, 0, toSkip);
    toSkip -= skipped.lines;
    if (toSkip > 0) continue;
    const part = limit === null ? { end: bytes.length, lines: 0 } : passLines(bytes, skipped.end, toKeep);
    toKeep -= part.lines;
    kept += part.end - skipped.end;
    if (kept > maxReadBytes) throw tooMuch(path);
    parts.push(Buffer.from(bytes.subarray(skipped.end, part.end)));
  }
  return textOf(Buffer.concat(parts), path);
}

/** How far `lines` lines reach from `start`, and how many of them end there. Short lines make a search for each dear. */
function passLines(bytes: Buffer, start: number, lines: number): { readonly end: number; readonly lines: number } {
  let position = start;
  let passed = 0;
  while (passed < lines && position < bytes.length) {
    if (bytes[position] === lineFeed) passed += 1;
    position += 1;
  }
  return { end: position, lines: passed };
}

function tooFar(path: string): ToolRefusal {
  const bound = String(maxScannedBytes);
  return new ToolRefusal("payload_too_large", `these lines of \`${path}\` are not in its first ${bound} bytes`, {
    hint: "read them with a command, for instance `sed -n` or `tail` through bash",
  });
}

function tooMuch(path: string): ToolRefusal {
  return new ToolRefusal(
    "payload_too_large",
    `these lines of \`${path}\` are more than ${String(maxReadBytes)} bytes`,
    {
      hint: "ask for fewer lines with `limit`",
    },
  );
}

/** Lines of a text; what stands after the last line end counts as one. */
function countLines(text: string): number {
  let lines = 0;
  for (let end = text.indexOf("\n"); end !== -1; end = text.indexOf("\n", end + 1)) lines += 1;
  return text === "" || text.endsWith("\n") ? lines : lines + 1;
}
