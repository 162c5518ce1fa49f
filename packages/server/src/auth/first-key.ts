import { type PrincipalRole, PhasegateError, serverPrincipalId } from "@phasegate/wire";
import { writeNewFile } from "./key-files.ts";
import { type KeyRing, makeKey } from "./key-ring.ts";

const operatorKeyVariable = "PHASEGATE_OPERATOR_KEY";
const operatorRoles: readonly PrincipalRole[] = ["operator", "approver", "reviewer", "admin", "auditor"];

const minOperatorKeyLength = 32;

export interface FirstKeyOptions {
  readonly keys: KeyRing;
  /** The operator's key is deleted from it once it was read. */
  readonly env: Record<string, string | undefined>;
  /** `--write-key FILE` */
  readonly writeKeyFile: string | null;
  /** False: nobody would see a made key, so none is made. Default true. */
  readonly canShowKey?: boolean;
}

export type FirstKey =
  /** Not the first start. `ignored`: a key was set that is not one of this server's. */
  | { readonly status: "kept"; readonly ignored: boolean }
  /** The key of `PHASEGATE_OPERATOR_KEY` is the operator's. */
  | { readonly status: "set" }
  /** None was given, and a made one could not be shown: a later start can still set it. */
  | { readonly status: "none" }
  /** To be shown once on the terminal, unless it was written to `file`. */
  | { readonly status: "made"; readonly key: string; readonly file: string | null };

/**
 * At the first start the person `operator` gets a key: that of PHASEGATE_OPERATOR_KEY (shorter than 32 characters
 * stops the start), else one that is made here.
 */
export async function ensureFirstKey(options: FirstKeyOptions): Promise<FirstKey> {
  const { keys, env, writeKeyFile } = options;
  const given = takeOperatorKey(env);
  if (keys.list().length > 0) {
    return { status: "kept", ignored: given !== "" && keys.principalOf(given) === null };
  }
  const operator = {
    name: "operator",
    kind: "person",
    roles: operatorRoles,
    owner: null,
    expiresInSeconds: null,
  } as const;
  if (given !== "") {
    await keys.create(serverPrincipalId, operator, given);
    return { status: "set" };
  }
  if (writeKeyFile === null && options.canShowKey === false) return { status: "none" };
  const key = makeKey();
  // Before the event: a key that nobody could read would lock everyone out.
  if (writeKeyFile !== null && !writeNewFile(writeKeyFile, `${key}\n`, 0o600)) {
    throw new PhasegateError("config_invalid", `the key file \`${writeKeyFile}\` is there already`, {
      hint: "remove it, or name another file with --write-key",
    });
  }
  await keys.create(serverPrincipalId, operator, key);
  return { status: "made", key, file: writeKeyFile };
}

/** PHASEGATE_OPERATOR_KEY, taken out of the environment; empty when none is set. Throws `config_invalid` for a weak one. */
export function takeOperatorKey(env: Record<string, string | undefined>): string {
  const given = env[operatorKeyVariable] ?? "";
  delete env[operatorKeyVariable];
  if (given === "" || (given.length >= minOperatorKeyLength && /^[\x21-\x7e]+$/.test(given))) return given;
  throw new PhasegateError(
    "config_invalid",
    `\`${operatorKeyVariable}\` must have ${minOperatorKeyLength} or more printable characters without spaces; it has ${given.length}`,
    { hint: `set it to the output of: openssl rand -base64 48` },
  );
}
