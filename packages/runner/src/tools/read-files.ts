import { closeSync } from "node:fs";
import { optionalIntegerArgument, stringArgument } from "./arguments.ts";
import { readBytes, textOf } from "./descriptor-text.ts";
import type { ToolExecutor } from "./executor.ts";
import { openForReading } from "./open-file.ts";
import { settle, ToolRefusal } from "./outcome.ts";
import { linesOf, maxReadBytes, readAnswer } from "./search/read-lines.ts";
import { searchBounds } from "./search/search-tools.ts";
import type { SearchWorkers } from "./search/search-workers.ts";

/** Lines of larger files are looked for in a thread. */
const maxBytesLookedThroughHere = 64 * 1024;
const lineBounds = { minimum: 0, maximum: 100_000_000 };

/** Reads a text file, whole or some of its lines. Never follows a link out of the workspace. */
export function readTool(workers: SearchWorkers): ToolExecutor {
  return {
    name: "read_files",
    effect: "read",
    run: (args, context) =>
      settle(async () => {
        const path = stringArgument(args, "path");
        const offset = optionalIntegerArgument(args, "offset", lineBounds) ?? 0;
        const limit = optionalIntegerArgument(args, "limit", { ...lineBounds, minimum: 1 });
        const file = openForReading(path, context.workspacePath);
        try {
          if (file.stats.isDirectory()) {
            throw new ToolRefusal("tool_failed", `\`${path}\` is a directory`, { hint: "list it with glob" });
          }
          if (offset > 0 || limit !== null) {
            if (file.stats.size <= maxBytesLookedThroughHere) {
              return readAnswer(linesOf(file, { path, offset, limit }), file);
            }
            const { workspacePath } = context;
            return await workers.search({ kind: "lines", workspacePath, path, offset, limit }, searchBounds(context));
          }
          const bytes = await readBytes(file.descriptor, maxReadBytes + 1, file.stats.size);
          if (bytes.length > maxReadBytes) throw tooLarge(path);
          return readAnswer(textOf(bytes, path), file);
        } finally {
          closeSync(file.descriptor);
        }
      }),
  };
}

function tooLarge(path: string): ToolRefusal {
  return new ToolRefusal("payload_too_large", `\`${path}\` is more than ${String(maxReadBytes)} bytes`, {
    hint: "read a part of it with `offset` and `limit`, or search it with grep",
  });
}
