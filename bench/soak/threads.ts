import { BroadcastChannel, isMainThread, threadId } from "node:worker_threads";

/** What a thread holds after a collection. */
export interface ThreadFigures {
  /** The file that the thread runs. */
  readonly program: string;
  readonly heapUsedBytes: number;
  readonly externalBytes: number;
}

interface Answer extends ThreadFigures {
  readonly thread: number;
}

const asking = "phasegate soak: collect";
const answering = "phasegate soak: collected";

/**
 * Collects garbage in every worker thread that answers within `limitMs`, and answers what each then holds. Each
 * thread loads this file first (`--import`), which `--expose-gc` goes with; a thread that computes for longer is
 * left out.
 */
export async function collectInThreads(threads: ReadonlySet<number>, limitMs: number): Promise<ThreadFigures[]> {
  const ask = new BroadcastChannel(asking);
  const answers = new BroadcastChannel(answering);
  const answered = new Map<number, ThreadFigures>();
  try {
    await new Promise<void>((resolve) => {
      const limit = setTimeout(resolve, limitMs);
      answers.addEventListener("message", (event) => {
        const { thread, ...figures } = (event as MessageEvent).data as Answer;
        answered.set(thread, figures);
        if (![...threads].every((id) => answered.has(id))) return;
        clearTimeout(limit);
        resolve();
      });
      ask.postMessage(null);
      if (threads.size === 0) resolve();
    });
  } finally {
    ask.close();
    answers.close();
  }
  return [...answered.values()];
}

if (!isMainThread) {
  const asked = new BroadcastChannel(asking);
  const answers = new BroadcastChannel(answering);
  asked.addEventListener("message", () => {
    globalThis.gc?.();
    const { heapUsed, external } = process.memoryUsage();
    const answer: Answer = {
      thread: threadId,
      program: process.argv[1] ?? "",
      heapUsedBytes: heapUsed,
      externalBytes: external,
    };
    answers.postMessage(answer);
  });
  asked.unref();
  answers.unref();
}
