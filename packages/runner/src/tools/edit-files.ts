import { optionalBooleanArgument, stringArgument } from "./arguments.ts";
import { readBytes, textOf, writeBytes } from "./descriptor-text.ts";
import type { ToolExecutor } from "./executor.ts";
import { settle, ToolRefusal } from "./outcome.ts";
import { refuseThrowaway, wellFormed } from "./write-files.ts";
import { closeExisting, openExisting, openForWriting, replaceFile } from "./write-target.ts";

/** Texts are searched where every request is answered: a larger one is a command's to edit. */
const maxEditedBytes = 16 * 1024 ** 2;

/** Replaces a text that occurs exactly once, or every occurrence. Bytes around it stay as they are. */
export const editFiles: ToolExecutor = {
  name: "edit_files",
  effect: "write",
  run: (args, context) =>
    settle(async () => {
      const asked = stringArgument(args, "path");
      const oldText = wellFormed(stringArgument(args, "old_text"), "old_text");
      const newText = wellFormed(stringArgument(args, "new_text"), "new_text");
      const isEverywhere = optionalBooleanArgument(args, "replace_all");
      refuseThrowaway(context);
      using target = openForWriting(asked, context.workspacePath, { makeDirectories: false });
      const existing = openExisting(target);
      if (existing === null) {
        throw new ToolRefusal("tool_failed", `there is no \`${asked}\``, { hint: "make it with write_files" });
      }
      try {
        const bytes = await readBytes(existing.descriptor, maxEditedBytes + 1, existing.stats.size);
        if (bytes.length > maxEditedBytes) {
          throw new ToolRefusal("payload_too_large", `\`${asked}\` is more than ${String(maxEditedBytes)} bytes`, {
            hint: "edit it with a command",
          });
        }
        const edit = replaceText(textOf(bytes, asked), { oldText, newText, isEverywhere });
        if (edit.status === "refused") throw new ToolRefusal("tool_failed", `${edit.message} in \`${asked}\``, edit);
        if (edit.status === "too_large") throw tooLarge(asked);
        const edited = Buffer.from(edit.text);
        if (edited.length > maxEditedBytes) throw tooLarge(asked);
        await replaceFile(target, existing.stats.mode & 0o777, (descriptor) => writeBytes(descriptor, edited));
        return { status: "success", path: target.path, replacements: edit.replacements };
      } finally {
        await closeExisting(existing);
      }
    }),
};

function tooLarge(asked: string): ToolRefusal {
  return new ToolRefusal("payload_too_large", `\`${asked}\` would be more than ${String(maxEditedBytes)} bytes`);
}

type TextEdit =
  | { readonly status: "edited"; readonly text: string; readonly replacements: number }
  | { readonly status: "too_large" }
  | { readonly status: "refused"; readonly message: string; readonly hint: string };

/** Replaces `oldText` taken literally; refuses when it is absent, or occurs more than once and one is meant. */
export function replaceText(text: string, edit: { oldText: string; newText: string; isEverywhere: boolean }): TextEdit {
  if (edit.oldText === "") {
    return { status: "refused", message: "`old_text` is empty", hint: "write the file with write_files" };
  }
  const parts = text.split(edit.oldText);
  const occurrences = parts.length - 1;
  if (occurrences === 0) {
    const hint = "read the file and repeat the text exactly, white space and line ends included";
    return { status: "refused", message: "`old_text` occurs 0 times", hint };
  }
  if (occurrences > 1 && !edit.isEverywhere) {
    return {
      status: "refused",
      message: `\`old_text\` occurs ${String(occurrences)} times`,
      hint: "add lines around it until it is unique, or set `replace_all`",
    };
  }
  const length = text.length + occurrences * (edit.newText.length - edit.oldText.length);
  // No text has fewer bytes than characters, so what is certain to be refused is not made first.
  if (length > maxEditedBytes) return { status: "too_large" };
  return { status: "edited", text: parts.join(edit.newText), replacements: occurrences };
}
