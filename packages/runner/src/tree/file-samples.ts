import type { FileSample, TreeChange } from "@phasegate/wire";
import { isSnapshotFile } from "@phasegate/workflow";
import type { ContentStore } from "./content-store.ts";
import { disguiseOf, unseenIn } from "./disguised-text.ts";
import { hasScript, longestLineOfCode } from "./text-lines.ts";
import { maxSnapshotBytes, snapshotCode } from "./snapshot-code.ts";

/** Bytes of a file that are looked at. */
const sampleBytes = 256 * 1024;
const headBytes = 16;
/** Files of one comparison that are looked at; of those past it the name alone is known. */
const maxSamples = 1_000;

/** Samples that are remembered, by content. */
const maxKnown = 10_000;
const known = new Map<string, FileSample>();

/** What the first bytes of the changed files are like. A content is read once while it is remembered. */
export function fileSamples(contents: ContentStore, changes: readonly TreeChange[]): Record<string, FileSample> {
  const samples: Record<string, FileSample> = Object.create(null) as Record<string, FileSample>;
  let count = 0;
  for (const { path, after } of changes) {
    if (after?.type !== "file") continue;
    if ((count += 1) > maxSamples) break;
    const isSnapshot = isSnapshotFile(path);
    const key = `${isSnapshot ? "snapshot " : ""}${after.content}`;
    const sample = known.get(key) ?? sampleOf(contents, after.content, isSnapshot);
    if (known.size >= maxKnown) known.clear();
    known.set(key, sample);
    samples[path] = sample;
  }
  return samples;
}

function sampleOf(contents: ContentStore, content: string, isSnapshot: boolean): FileSample {
  const bytes = contents.readStart(content, sampleBytes);
  const head = bytes.subarray(0, headBytes).toString("hex");
  const text = textOf(bytes);
  const about = {
    head,
    isText: text !== null,
    longestLine: longestLineOfCode(bytes),
    hasScript: text !== null && hasScript(text),
  };
  if (isSnapshot) return { ...about, disguise: snapshotCode(contents.readStart(content, maxSnapshotBytes + 1)) };
  return { ...about, disguise: text === null ? null : disguiseOf(text), unseen: text === null ? null : unseenIn(text) };
}

/** Null where there is a zero byte, or what is no UTF-8 but for a character that the end of the sample cuts. */
function textOf(bytes: Buffer): string | null {
  if (bytes.includes(0)) return null;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: true });
  } catch {
    return null;
  }
}
