import { createReadStream } from "node:fs";

/** No line of an export is longer; what is, is none. */
const maxLineBytes = 64 * 1024 * 1024;

/** The whole lines of a file with their line feeds; the bytes of a last line without one are answered at the end. */
export async function* readLines(path: string): AsyncGenerator<Buffer, number, undefined> {
  let rest = Buffer.alloc(0);
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    let buffer = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    for (let end = buffer.indexOf(0x0a); end >= 0; end = buffer.indexOf(0x0a)) {
      yield buffer.subarray(0, end + 1);
      buffer = buffer.subarray(end + 1);
    }
    rest = Buffer.from(buffer);
    if (rest.length > maxLineBytes) break;
  }
  return rest.length;
}
