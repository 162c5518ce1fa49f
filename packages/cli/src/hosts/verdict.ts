import type { ReasonCode } from "@phasegate/wire";

/** What the hook command says to its host. */
export type Verdict =
  /** Nothing stands against it. `context` is told to the agent, where the host passes it on. */
  { readonly effect: "proceed"; readonly context?: string } | Denial;

export interface Denial {
  readonly effect: "deny";
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}

export const proceed: Verdict = { effect: "proceed" };

/** A hook that decides nothing but no: thrown anywhere, it is the answer. */
export class HookDenial extends Error {
  readonly code: ReasonCode;
  readonly hint: string | null;

  constructor(code: ReasonCode, message: string, hint: string | null = null) {
    super(message);
    this.name = "HookDenial";
    this.code = code;
    this.hint = hint;
  }
}

/**
 * Exit codes of the hook command. `proceed` is not 0, so that an empty file, another program or a hook that ended
 * before it had decided is no permission; the installed command line turns `proceed` into 0 and all else into 2.
 */
export const hookExitCodes = { proceed: 10, deny: 2 } as const;
