import { stripVTControlCharacters } from "node:util";
import { describeLimit } from "../sandbox/limits.ts";
import type { Sandbox, SandboxResult } from "../sandbox/sandbox.ts";

const tailLength = 4_096;

/** The last 4 kB of both streams, for people, with `note` behind them. A long one leaves the other its half. */
export function outputTail(result: Pick<SandboxResult, "stdout" | "stderr">, note: string | null): string {
  const last = note === null ? "" : `\n${note.slice(0, tailLength / 4)}`;
  const room = tailLength - last.length - 1;
  const [stdout, stderr] = [clean(result.stdout.text), clean(result.stderr.text)];
  const stderrRoom = Math.min(stderr.length, Math.max(room / 2, room - stdout.length));
  const parts = [tail(stdout, room - stderrRoom), tail(stderr, stderrRoom)].filter((part) => part !== "");
  return `${parts.join("\n")}${last}`.trim().toWellFormed();
}

/** The bound that a run which did not succeed ran into, in a sentence; null where there was none. */
export function limitNote(result: SandboxResult, sandbox: Pick<Sandbox, "limits">): string | null {
  const [name] = result.limits;
  if (name === undefined || (result.ended === "exited" && result.exitCode === 0)) return null;
  const { text, hint } = describeLimit(name, sandbox.limits);
  return `${text}; ${hint}`;
}

function clean(text: string): string {
  return stripVTControlCharacters(text.replaceAll("\0", "")).trim();
}

function tail(text: string, length: number): string {
  return length <= 0 ? "" : text.slice(-Math.floor(length));
}
