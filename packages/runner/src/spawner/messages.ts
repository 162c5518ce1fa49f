/** What a descriptor of the process is: the null device, or the other end of the named pipe at `path`. */
export type DescriptorSource =
  | { readonly kind: "nothing" }
  | { readonly kind: "read"; readonly path: string }
  | { readonly kind: "write"; readonly path: string };

/** To the spawner. Each is answered once: a start by `started` or `failed`, the end of a group by `killed`. */
export type ToSpawner =
  | {
      readonly type: "start";
      /** Names the process in all later messages, and in its environment. */
      readonly marker: string;
      readonly argv: readonly string[];
      readonly cwd: string;
      readonly environment: Readonly<Record<string, string>>;
      /** From descriptor 0 on; standard ones that are not named are the null device, and there is no other. */
      readonly descriptors: readonly DescriptorSource[];
      /** The null device; /dev/null where absent. */
      readonly nullDevice?: string;
    }
  | { readonly type: "kill"; readonly marker: string };

/** From the spawner. `exited` follows each `started`, when the rest of the group is ended too. */
export type FromSpawner =
  | { readonly type: "started"; readonly marker: string; readonly pid: number }
  | { readonly type: "failed"; readonly marker: string; readonly message: string; readonly system: SystemFacts }
  | { readonly type: "killed"; readonly marker: string }
  | {
      readonly type: "exited";
      readonly marker: string;
      readonly code: number | null;
      readonly signal: NodeJS.Signals | null;
    };

/** What Node says of a failed call, so that it can be told apart on the other side. */
export interface SystemFacts {
  readonly code?: string;
  readonly syscall?: string;
  readonly path?: string;
}
