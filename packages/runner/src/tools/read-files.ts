import { closeSync } from "node:fs";
import { optionalIntegerArgument, stringArgument } from "./arguments.ts";
import { readBytes, textOf } from "./descriptor-text.ts";
import type { ToolExecutor } from "./executor.ts";
import { openForReading } from "./open-file.ts";
import { settle, ToolRefusal } from "./outcome.ts";

/** Text that one call answers at most. */
const maxReadBytes = 1024 ** 2;
/** Size up to which a file is looked through for the lines that were asked for. */
const maxScannedBytes = 64 * 1024 ** 2;
const lineBounds = { minimum: 0, maximum: 100_000_000 };

/** Reads a text file, whole or some of its lines. Never follows a link out of the workspace. */
export const readFiles: ToolExecutor = {
  name: "read_files",
  effect: "read",
  run: (args, context) =>
    settle(async () => {
      const asked = stringArgument(args, "path");
      const offset = optionalIntegerArgument(args, "offset", lineBounds) ?? 0;
      const limit = optionalIntegerArgument(args, "limit", { ...lineBounds, minimum: 1 });
      const file = openForReading(asked, context.workspacePath);
      try {
        if (file.stats.isDirectory()) {
          throw new ToolRefusal("tool_failed", `\`${asked}\` is a directory`, { hint: "list it with glob" });
        }
        const isPart = offset > 0 || limit !== null;
        const bound = isPart ? maxScannedBytes : maxReadBytes;
        const bytes = await readBytes(file.descriptor, bound + 1, file.stats.size);
        if (bytes.length > bound) throw tooLarge(asked, bound);
        const whole = textOf(bytes, asked);
        const content = isPart ? selectLines(whole, offset, limit) : whole;
        if (content.length > maxReadBytes) throw tooLarge(asked, maxReadBytes);
        return { status: "success", content, lines: countLines(content), path: file.path };
      } finally {
        closeSync(file.descriptor);
      }
    }),
};

function tooLarge(path: string, bound: number): ToolRefusal {
  return new ToolRefusal("payload_too_large", `\`${path}\` is more than ${String(bound)} bytes`, {
    hint: "read a part of it with `offset` and `limit`, or search it with grep",
  });
}

/** The lines from `offset` on, their line ends as they are. */
function selectLines(text: string, offset: number, limit: number | null): string {
  const start = endOfLines(text, 0, offset);
  return text.slice(start, limit === null ? undefined : endOfLines(text, start, limit));
}

function endOfLines(text: string, start: number, lines: number): number {
  let position = start;
  for (let line = 0; line < lines; line += 1) {
    const end = text.indexOf("\n", position);
    if (end === -1) return text.length;
    position = end + 1;
  }
  return position;
}

/** Lines of a text; what stands after the last line end counts as one. */
function countLines(text: string): number {
  let lines = 0;
  for (let end = text.indexOf("\n"); end !== -1; end = text.indexOf("\n", end + 1)) lines += 1;
  return text === "" || text.endsWith("\n") ? lines : lines + 1;
}
