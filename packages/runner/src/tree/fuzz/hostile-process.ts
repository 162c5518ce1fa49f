import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** Kind, path, other path, number, text; strings carry bytes as Latin-1, so that names need not be UTF-8. */
export type Operation = readonly [kind: string, path: string, other: string, number: number, text: string];

export interface ReadByReference {
  readonly digest: string;
  /** Reason and path, sorted by the reference. */
  readonly unsupported: readonly (readonly [reason: string, path: string])[];
}

/** A process of another language that changes a workspace and reads all of it, entry by entry and byte by byte. */
export class HostileProcess implements AsyncDisposable {
  readonly #child;
  readonly #answers;

  constructor() {
    this.#child = spawn("python3", [fileURLToPath(new URL("hostile.py", import.meta.url))], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    this.#answers = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  async run(root: string, operations: readonly Operation[], settleMs: number): Promise<ReadByReference> {
    this.#child.stdin.write(`${JSON.stringify({ root, operations, settleMs })}\n`);
    const answer = await this.#answers.next();
    if (answer.done === true) throw new TypeError("the hostile process ended");
    return JSON.parse(answer.value) as ReadByReference;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = Promise.withResolvers<void>();
    this.#child.once("close", () => closed.resolve());
    this.#child.stdin.end();
    await closed.promise;
  }
}
