import { createHash } from "node:crypto";
import type { Readable } from "node:stream";
import { PhasegateError } from "@phasegate/wire";
import type { ContentStore } from "../tree/content-store.ts";
import type { Git } from "./git.ts";

/** One path of a commit, with the digest of its raw bytes. */
export interface ListedEntry {
  readonly path: string;
  /** Git's mode: 100644, 100755, 120000 or 160000. */
  readonly mode: string;
  readonly objectId: string;
  /** SHA-256 hex; the commit id for a submodule. */
  readonly content: string;
  readonly size: number;
}

interface RawEntry {
  readonly path: string;
  readonly mode: string;
  readonly objectId: string;
}

/**
 * Every path of a tree-ish, read from git's objects without a checkout, each blob's raw bytes put into `contents`.
 * Rejects with `workspace_unavailable` on a path that is not UTF-8, `tree_too_large` past the bounds.
 */
export async function listCommit(
  git: Git,
  request: { gitDir: string; commit: string; contents: ContentStore; maxFiles: number; maxBytes: number },
): Promise<ListedEntry[]> {
  const raw = parseTreeListing(
    await git.run({ gitDir: request.gitDir, args: ["ls-tree", "-r", "-z", "--full-tree", request.commit] }),
  );
  if (raw.length > request.maxFiles) {
    throw new PhasegateError(
      "tree_too_large",
      `the base holds ${raw.length} files, past the bound of ${request.maxFiles}`,
    );
  }
  const blobs = raw.filter((entry) => entry.mode !== "160000");
  const read = await readBlobs(git, request, blobs);
  return raw.map((entry) => {
    if (entry.mode === "160000") return { ...entry, content: entry.objectId, size: 0 };
    const blob = read.get(entry.objectId);
    if (blob === undefined) throw new PhasegateError("workspace_unavailable", `git left out object ${entry.objectId}`);
    return { ...entry, ...blob };
  });
}

/** Parses `git ls-tree -r -z`. */
export function parseTreeListing(listing: Buffer): RawEntry[] {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let text: string;
  try {
    text = decoder.decode(listing);
  } catch (cause) {
    throw new PhasegateError(
      "workspace_unavailable",
      "the base holds a path that is not UTF-8",
      { hint: "rename the file in the repository" },
      { cause },
    );
  }
  return text
    .split("\0")
    .filter((line) => line !== "")
    .map((line) => {
      const tab = line.indexOf("\t");
      const [mode = "", , objectId = ""] = line.slice(0, tab).split(" ");
      return { path: line.slice(tab + 1), mode, objectId };
    });
}

async function readBlobs(
  git: Git,
  request: { gitDir: string; contents: ContentStore; maxBytes: number },
  entries: readonly RawEntry[],
): Promise<Map<string, { content: string; size: number }>> {
  const wanted = [...new Set(entries.map((entry) => entry.objectId))];
  const found = new Map<string, { content: string; size: number }>();
  if (wanted.length === 0) return found;
  const child = await git.start({ gitDir: request.gitDir, args: ["cat-file", "--batch", "--buffer"] });
  // A git that dies closes the pipes; the reader then finds its output too short and says so.
  child.stderr.resume();
  try {
    child.stdin.end(`${wanted.join("\n")}\n`);
    const output = new ChunkReader(child.stdout);
    let total = 0;
    for (const objectId of wanted) {
      const header = (await output.line()).split(" ");
      const size = Number(header[2]);
      if (header[0] !== objectId || header[1] !== "blob" || !Number.isSafeInteger(size)) {
        throw new PhasegateError("workspace_unavailable", `git has no blob ${objectId}`);
      }
      total += size;
      if (total > request.maxBytes) {
        throw new PhasegateError("tree_too_large", `the base is past the bound of ${request.maxBytes} bytes`);
      }
      const bytes = await output.bytes(size);
      await output.bytes(1);
      const content = createHash("sha256").update(bytes).digest("hex");
      request.contents.putSync(content, bytes);
      found.set(objectId, { content, size });
    }
    return found;
  } finally {
    child.kill();
    await child.exited;
    for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy();
  }
}

/** Reads exact lengths from a stream. */
class ChunkReader {
  readonly #chunks: AsyncIterator<Buffer>;
  #held: Buffer = Buffer.alloc(0);

  constructor(stream: Readable) {
    this.#chunks = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  }

  async line(): Promise<string> {
    for (;;) {
      const end = this.#held.indexOf(10);
      if (end >= 0) {
        const line = this.#held.subarray(0, end).toString("utf8");
        this.#held = this.#held.subarray(end + 1);
        return line;
      }
      await this.#more();
    }
  }

  async bytes(count: number): Promise<Buffer> {
    const parts = [this.#held];
    let length = this.#held.length;
    while (length < count) {
      const chunk = await this.#next();
      parts.push(chunk);
      length += chunk.length;
    }
    const all = parts.length === 1 ? this.#held : Buffer.concat(parts);
    this.#held = all.subarray(count);
    return all.subarray(0, count);
  }

  async #more(): Promise<void> {
    this.#held = Buffer.concat([this.#held, await this.#next()]);
  }

  async #next(): Promise<Buffer> {
    const result = await this.#chunks.next();
    if (result.done === true) throw new PhasegateError("workspace_unavailable", "git ended before it had answered");
    return result.value;
  }
}
