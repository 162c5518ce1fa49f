import { optionalStringArgument, stringArgument } from "./arguments.ts";
import { readBytes, writeBytes } from "./descriptor-text.ts";
import type { ExecutionContext, ToolExecutor } from "./executor.ts";
import { settle, ToolRefusal } from "./outcome.ts";
import { closeExisting, openExisting, openForWriting, replaceFile } from "./write-target.ts";

/** Size that appending may bring a file to. */
const maxFileBytes = 64 * 1024 ** 2;

/** Writes a text file and the directories above it, or appends to it, in one step and through no link. */
export const writeFiles: ToolExecutor = {
  name: "write_files",
  effect: "write",
  run: (args, context) =>
    settle(async () => {
      const asked = stringArgument(args, "path");
      const bytes = Buffer.from(wellFormed(stringArgument(args, "content"), "content"));
      const mode = optionalStringArgument(args, "mode") ?? "w";
      if (mode !== "w" && mode !== "a") {
        throw new ToolRefusal("invalid_request", `\`mode\` must be \`w\` or \`a\`, not \`${mode}\``);
      }
      refuseThrowaway(context);
      using target = openForWriting(asked, context.workspacePath);
      const existing = openExisting(target);
      try {
        const kept =
          existing !== null && mode === "a"
            ? await readBytes(existing.descriptor, maxFileBytes + 1, existing.stats.size)
            : null;
        if ((kept?.length ?? 0) + bytes.length > maxFileBytes) {
          throw new ToolRefusal("payload_too_large", `\`${asked}\` would be more than ${String(maxFileBytes)} bytes`);
        }
        await replaceFile(target, existing === null ? null : existing.stats.mode & 0o777, async (descriptor) => {
          if (kept !== null) await writeBytes(descriptor, kept);
          await writeBytes(descriptor, bytes);
        });
      } finally {
        await closeExisting(existing);
      }
      return { status: "success", path: target.path, bytes_written: bytes.length, mode };
    }),
};

/** A phase that may write nothing has no use for a file tool that writes: its file would vanish unseen. */
export function refuseThrowaway(context: ExecutionContext): void {
  if (context.on === "workspace") return;
  throw new ToolRefusal("path_not_allowed", "this phase may change no file");
}

export function wellFormed(text: string, name: string): string {
  if (text.isWellFormed()) return text;
  throw new ToolRefusal("invalid_request", `\`${name}\` holds a lone surrogate, which UTF-8 cannot`);
}
