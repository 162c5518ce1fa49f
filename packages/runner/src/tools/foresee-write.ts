import { createHash } from "node:crypto";
import { closeSync } from "node:fs";
import type { JsonObject, TreeEntry } from "@phasegate/wire";
import type { ForeseenWrite } from "../port.ts";
import { stringArgument } from "./arguments.ts";
import { readBytes, textOf } from "./descriptor-text.ts";
import { replaceText } from "./edit-files.ts";
import { openExisting, openForWriting } from "./write-target.ts";

/** Longer texts are judged once, when they are written: the answer waits while one is looked into. */
const maxTextBytes = 64 * 1024;
const ordinaryPermissions = 0o644;

/**
 * What a file tool would leave at its path, as the file is now; null where that is not plain to see beforehand. Another
 * call may come between, so what was really written is judged all the same.
 */
export async function foreseeWrite(
  toolName: string,
  args: JsonObject,
  workspacePath: string,
): Promise<ForeseenWrite | null> {
  try {
    using target = openForWriting(stringArgument(args, "path"), workspacePath, { makeDirectories: false });
    const existing = openExisting(target);
    if (existing === null) return foreseen(target.path, null, writtenText(toolName, args, null));
    try {
      const bytes = await readBytes(existing.descriptor, maxTextBytes + 1, existing.stats.size);
      if (bytes.length > maxTextBytes) return null;
      const text = textOf(bytes, target.path);
      const before = { text, permissions: existing.stats.mode & 0o777 };
      return foreseen(target.path, before, writtenText(toolName, args, text));
    } finally {
      closeSync(existing.descriptor);
    }
  } catch {
    // What the tool would refuse, it refuses with its own words.
    return null;
  }
}

function writtenText(toolName: string, args: JsonObject, before: string | null): string | null {
  const { content, mode = "w", old_text: oldText, new_text: newText, replace_all: isEverywhere } = args;
  if (toolName === "write_files" && typeof content === "string") {
    if (mode === "w") return content;
    return mode === "a" ? (before ?? "") + content : null;
  }
  if (toolName !== "edit_files" || before === null) return null;
  if (typeof oldText !== "string" || typeof newText !== "string") return null;
  const edit = replaceText(before, { oldText, newText, isEverywhere: isEverywhere === true });
  return edit.status === "edited" ? edit.text : null;
}

function foreseen(
  path: string,
  before: { readonly text: string; readonly permissions: number } | null,
  after: string | null,
): ForeseenWrite | null {
  if (after === null) return null;
  const permissions = before?.permissions ?? ordinaryPermissions;
  const entry = entryOf(path, after, permissions);
  if (entry.size > maxTextBytes) return null;
  return {
    change: {
      path,
      kind: before === null ? "added" : "modified",
      before: before === null ? null : entryOf(path, before.text, permissions),
      after: entry,
    },
    contents: { before: before?.text ?? null, after },
  };
}

function entryOf(path: string, text: string, permissions: number): TreeEntry {
  const bytes = Buffer.from(text);
  const content = createHash("sha256").update(bytes).digest("hex");
  return { path, type: "file", permissions, content, size: bytes.length };
}
