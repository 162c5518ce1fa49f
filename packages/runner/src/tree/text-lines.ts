/** Lines up to this many bytes are counted as they are; longer ones are looked at first. */
const plainLine = 1_000;
/** Most bytes before a stored text, in which a reader sees what it is for. */
const maxBefore = 200;
/** Names, keys, a cell before it; nothing that calls. */
const beforeText = /^[\w$.'"[\]{},<>: =|\t-]*$/u;
const dataAddress = /data:[\w/+.-]{1,100};base64,$/u;
/** Base64, hexadecimal digits, an address in quotes: no language makes more than a word or a comment of them. */
const digits = /^[\w+/-]*={0,2}$/u;
const address = /^https?:\/\//u;
const storedBytes = bytesOf(/[\w+/=.:%?&#~-]/u);
const endBytes = bytesOf(/[\s,;|\]}]/u);
const scripted =
  /<script\b(?![^>]{0,200}\btype\s*=\s*["']?application\/(?:ld\+)?json)|\bon[a-z]{3,20}\s*=\s*["']|javascript:/iu;

/**
 * Bytes of the longest line that may hold code. A line that is one stored text (a key in Base64, a long address) holds
 * none, whatever language reads it.
 */
export function longestLineOfCode(bytes: Buffer): number {
  let longest = 0;
  for (let start = 0; start < bytes.length;) {
    const end = bytes.indexOf(10, start);
    const next = end === -1 ? bytes.length : end;
    const length = next - start;
    if (length > longest && !(length > plainLine && isStoredText(bytes.subarray(start, next)))) longest = length;
    start = next + 1;
  }
  return longest;
}

/** Looks from the end: what may close the line, a quote, the stored text, the same quote, a short beginning. */
function isStoredText(line: Buffer): boolean {
  let end = line.length;
  while (end > 0 && endBytes[line[end - 1]!] === 1) end--;
  const closing = line[end - 1];
  const isQuoted = closing === 0x22 || closing === 0x27;
  let start = isQuoted ? end - 1 : end;
  while (start > 0 && storedBytes[line[start - 1]!] === 1) start--;
  if (start > maxBefore) return false;
  const before = line.toString("latin1", 0, start).replace(dataAddress, "");
  const stored = line.toString("latin1", start, isQuoted ? end - 1 : end);
  if (!beforeText.test(before)) return false;
  if (!isQuoted) return digits.test(stored);
  return before.charCodeAt(before.length - 1) === closing && (digits.test(stored) || address.test(stored));
}

/** True of markup in which something runs: a script, a handler, an address that is a script. */
export function hasScript(text: string): boolean {
  return scripted.test(text);
}

function bytesOf(pattern: RegExp): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, byte) => (byte < 128 && pattern.test(String.fromCharCode(byte)) ? 1 : 0));
}
