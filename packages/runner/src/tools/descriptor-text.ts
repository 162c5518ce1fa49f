import { read, readSync, write } from "node:fs";
import { isUtf8 } from "node:buffer";
import { promisify } from "node:util";
import { ToolRefusal } from "./outcome.ts";

const readDescriptor = promisify(read);
const writeDescriptor = promisify(write);

/** A file of this size is read at once: the hop to another thread and back costs more than the read. */
const smallBytes = 64 * 1024;

/** Reads from the start of an open file of about `sizeBytes`, at most `maxBytes`; large ones off the event loop. */
export async function readBytes(descriptor: number, maxBytes: number, sizeBytes: number): Promise<Buffer> {
  if (sizeBytes < smallBytes) {
    const chunk = Buffer.allocUnsafe(Math.min(maxBytes, smallBytes));
    const bytesRead = readSync(descriptor, chunk, 0, chunk.length, 0);
    // One that grew meanwhile, or ends only after several reads (as in /proc), takes the long way.
    if (bytesRead < chunk.length && readSync(descriptor, chunk, bytesRead, 1, bytesRead) === 0) {
      return chunk.subarray(0, bytesRead);
    }
  }
  const chunks: Buffer[] = [];
  let position = 0;
  while (position < maxBytes) {
    const chunk = Buffer.allocUnsafe(Math.min(maxBytes - position, 256 * 1024));
    const { bytesRead } = await readDescriptor(descriptor, chunk, 0, chunk.length, position);
    if (bytesRead === 0) break;
    chunks.push(chunk.subarray(0, bytesRead));
    position += bytesRead;
  }
  return Buffer.concat(chunks);
}

export async function writeBytes(descriptor: number, bytes: Uint8Array): Promise<void> {
  let position = 0;
  while (position < bytes.length) {
    const { bytesWritten } = await writeDescriptor(descriptor, bytes, position, bytes.length - position, null);
    position += bytesWritten;
  }
}

/** The text of bytes, byte order mark included; refuses what is not UTF-8 and what holds a NUL. */
export function textOf(bytes: Buffer, path: string): string {
  if (!isUtf8(bytes) || bytes.includes(0)) throw notText(path);
  return bytes.toString("utf8");
}

export function notText(path: string): ToolRefusal {
  return new ToolRefusal("tool_failed", `\`${path}\` is not UTF-8 text`, {
    hint: "look at it with a command, for instance `file` or `xxd` through bash",
  });
}
