import { writeSync } from "node:fs";
import { answerHook } from "./answer-hook.ts";
import { defaultBindingsFolder } from "./bindings.ts";
import { claudeCode } from "./claude-code.ts";
import type { Host } from "./host.ts";
import { hookExitCodes, HookDenial, type Verdict } from "./verdict.ts";

export const hosts: Readonly<Record<string, Host>> = { [claudeCode.name]: claudeCode };

/** Well below any time-out that a host is given: a host goes on without a hook that it ended. */
export const hookDeadlineMs = 10_000;
const maxPayloadBytes = 33_554_432;

export interface HookProcess {
  readonly host: string;
  readonly bindingsFolder?: string | undefined;
  readonly within?: string | undefined;
  /** The session's first folder, as the host says it. */
  readonly sessionFolder?: string | undefined;
}

/**
 * One hook of a host, from standard input to exit code: `hookExitCodes.proceed`, or `deny` with the reason on standard
 * error. Whatever is thrown, is too long or takes too long is a denial.
 */
export async function runHook({ host, bindingsFolder, within, sessionFolder }: HookProcess): Promise<void> {
  // A loop that never comes back to the deadline is ended by the host, see docs/hosts.md.
  const overdue = setTimeout(() => end(asVerdict(late())), hookDeadlineMs);
  const deadline = AbortSignal.timeout(hookDeadlineMs - 500);
  try {
    const known = Object.hasOwn(hosts, host) ? hosts[host] : undefined;
    if (known === undefined) throw new HookDenial("invalid_request", `no host is named \`${host}\``);
    const verdict = await answerHook({
      host: known,
      payload: await readStandardInput(deadline),
      folders: [process.cwd(), ...(sessionFolder ? [sessionFolder] : [])],
      bindingsFolder: bindingsFolder ?? defaultBindingsFolder(),
      within: within ?? null,
      now: Date.now(),
      deadline,
    });
    clearTimeout(overdue);
    end(verdict);
  } catch (error) {
    clearTimeout(overdue);
    end(asVerdict(error));
  }
}

function asVerdict(error: unknown): Verdict {
  if (!(error instanceof HookDenial)) {
    return { effect: "deny", code: "internal_error", message: `the hook failed: ${String(error).slice(0, 500)}` };
  }
  return {
    effect: "deny",
    code: error.code,
    message: error.message,
    ...(error.hint === null ? {} : { hint: error.hint }),
  };
}

function late(): HookDenial {
  return new HookDenial("timed_out", `the hook was not done within ${hookDeadlineMs / 1_000} s`);
}

/** Written at once and whole: a process that has exited says no more. */
function end(verdict: Verdict): never {
  if (verdict.effect === "proceed") {
    if (verdict.context !== undefined) write(1, `${verdict.context}\n`);
    process.exit(hookExitCodes.proceed);
  }
  const hint = verdict.hint === undefined ? "" : `; ${verdict.hint}`;
  write(2, `phasegate: [${verdict.code}] ${oneLine(`${verdict.message}${hint}`)}\n`);
  process.exit(hookExitCodes.deny);
}

/** Throws where it is longer than any host sends, or is not over in time. */
async function readStandardInput(deadline: AbortSignal): Promise<string> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  const giveUp = (): unknown => process.stdin.destroy(late());
  deadline.addEventListener("abort", giveUp, { once: true });
  for await (const piece of process.stdin as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes > maxPayloadBytes) throw new HookDenial("payload_too_large", "what the host sent is too long");
    pieces.push(piece);
  }
  deadline.removeEventListener("abort", giveUp);
  return Buffer.concat(pieces).toString("utf8");
}

function write(descriptor: 1 | 2, text: string): void {
  try {
    writeSync(descriptor, text);
  } catch {
    // Nobody reads it: the exit code says all that counts.
  }
}

function oneLine(text: string): string {
  // oxlint-disable-next-line no-control-regex
  return text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, " ").slice(0, 4_000);
}
