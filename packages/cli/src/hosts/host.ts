/** One call that a host asks about, in the words of the server. */
export type HostCall =
  /** May this tool run? */
  | {
      readonly kind: "ask";
      readonly tool: string;
      readonly args: Readonly<Record<string, unknown>>;
      /** Members of `args` that are paths, as the host wrote them. */
      readonly paths: readonly string[];
      /** The same for the call and for its outcome. */
      readonly callKey: string;
    }
  /** A tool of the conversation itself, which reads and changes nothing outside it. */
  | { readonly kind: "conversation" }
  | {
      readonly kind: "outcome";
      readonly callKey: string;
      readonly success: boolean;
      readonly error: string | null;
      readonly durationMs: number;
    }
  | { readonly kind: "session" };

/** What every payload of a host tells before it is known what is asked. */
export interface HostPlace {
  readonly cwd: string;
}

/** A coding agent whose own tools are asked about through its hooks. One file for each. */
export interface Host {
  readonly name: string;
  /** The host's own name for a tool of the server. */
  readonly toolNames: ReadonlyMap<string, string>;
  /** Where the payload says that the agent works. Throws `HookDenial` where it does not say. */
  placeOf(payload: Readonly<Record<string, unknown>>): HostPlace;
  /** What is asked. Throws `HookDenial` for all that it does not know. */
  callOf(payload: Readonly<Record<string, unknown>>): HostCall;
}
