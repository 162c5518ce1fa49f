import type { Reason, RuleReference } from "@phasegate/wire";
import type { Verdict } from "../../model/compiled.ts";
import { maxCommandLength } from "../../tools/arguments.ts";
import { commandDenials } from "./denials.ts";
import { parseEntries } from "./entries.ts";
import { ScriptJudge } from "./judge.ts";

export interface CommandPolicyOptions {
  readonly phase: string;
  /** null: any command that is not forbidden. */
  readonly allowed: readonly string[] | null;
  readonly forbidden: readonly string[];
  readonly rules: {
    /** Place of the list of allowed commands, or of the phase where there is none. */
    readonly allowed: RuleReference;
    /** Places of the forbidden entries, in their order. */
    readonly forbidden: readonly RuleReference[];
  };
}

export interface CommandPolicy {
  /** Judges a command line before it runs. Without lists it allows everything that is short enough. */
  judgeCommand(command: string): Verdict;
}

/**
 * Compiles a phase's command lists. Every command of a line is judged, through wrappers, shells, substitutions and
 * here-documents; what cannot be told before it runs is denied. It gives good messages early: what a command really
 * changed is judged by the tree afterwards, and the sandbox is what confines it.
 */
export function compileCommandPolicy(options: CommandPolicyOptions): CommandPolicy {
  const allowed = options.allowed === null ? null : parseEntries(options.allowed);
  const forbidden = parseEntries(options.forbidden);
  const denials = commandDenials(options);
  const texts = { allowed: wholeTexts(allowed ?? []), forbidden: forbidden.filter(({ words }) => words === null) };

  function judge(command: string): Reason | null {
    if (command.length > maxCommandLength || command.includes("\0")) {
      return denials.unresolved(
        command.includes("\0") ? "it holds a NUL" : `it is longer than ${maxCommandLength} characters`,
        "write long input to a file in the write set and name the file",
      );
    }
    if (allowed === null && forbidden.length === 0) return null;
    const plain = plainText(command);
    const barred = texts.forbidden.find(({ text }) => plain.includes(plainText(text)));
    if (barred) return denials.forbidden(barred.index, command);
    const isListedWhole = texts.allowed.has(plain);
    if (isListedWhole && forbidden.length === 0) return null;
    return new ScriptJudge({ allowed: isListedWhole ? null : allowed, forbidden, denials, text: command }).judge();
  }

  function verdictOn(command: string): Verdict {
    const reason = judge(command);
    if (reason && /\r(?:\n|$)/u.test(command)) {
      return {
        allowed: false,
        reason: {
          ...reason,
          hint: "end its lines with a line feed alone; a carriage return belongs to the word before it",
        },
      };
    }
    return reason ? { allowed: false, reason } : { allowed: true };
  }

  // One call is decided up to three times: before the lock, under it, and when it is recorded.
  let last: { readonly command: string; readonly verdict: Verdict } | null = null;
  return {
    judgeCommand(command) {
      if (last?.command !== command) last = { command, verdict: verdictOn(command) };
      return last.verdict;
    },
  };
}

function wholeTexts(entries: ReturnType<typeof parseEntries>): ReadonlySet<string> {
  return new Set(entries.filter(({ words }) => words === null).map(({ text }) => plainText(text)));
}

function plainText(text: string): string {
  return text.trim().replaceAll(/\s+/gu, " ");
}
