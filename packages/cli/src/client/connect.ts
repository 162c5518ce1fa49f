import type { Io } from "../io.ts";
import { CommandFailure, exitCodes } from "../failure.ts";
import { keychainKey } from "./keychain.ts";
import { httpClient, ServerRefusal, type HttpClient } from "./http-client.ts";

const defaultServer = "http://127.0.0.1:8000";

export interface ConnectOptions {
  /** `--server`; else PHASEGATE_URL, else loopback. */
  readonly server?: string;
}

/**
 * Runs `work` against the server with the key of PHASEGATE_KEY. Without one it tries without (`security.auth: open`);
 * when the server wants one, the user's keychain is asked, then the user on a terminal. Keys are never read from the
 * data directory. `withoutKey` is what is done where there is none, instead of asking for one.
 */
export async function withServer<Result>(
  io: Io,
  options: ConnectOptions,
  work: (client: HttpClient) => Promise<Result>,
  withoutKey?: (client: HttpClient) => Promise<Result>,
): Promise<Result> {
  const server = serverAddress(io, options);
  const key = io.env["PHASEGATE_KEY"] || null;
  try {
    return await work(httpClient({ server, key }));
  } catch (error) {
    if (key !== null || !isUnauthenticated(error)) throw error;
    const kept = await keychainKey(server, io.env);
    if (kept === null && withoutKey !== undefined) return await withoutKey(httpClient({ server, key: null }));
    const found = kept ?? (io.isInteractive ? await io.askSecret("API key") : null);
    if (found === null) {
      throw new CommandFailure(exitCodes.refused, "the server asks for an API key", {
        hint: "set PHASEGATE_KEY to the operator key that the first `phasegate serve` showed, or to one of `phasegate key add`",
        cause: error,
      });
    }
    return await work(httpClient({ server, key: found }));
  }
}

/** The address that a command is to talk to. */
export function serverAddress(io: Io, options: ConnectOptions): string {
  const text = options.server ?? io.env["PHASEGATE_URL"] ?? defaultServer;
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new CommandFailure(exitCodes.usage, `\`${text}\` is not the address of a server`, {
      hint: `write it like ${defaultServer}`,
    });
  }
  return text;
}

function isUnauthenticated(error: unknown): boolean {
  return error instanceof ServerRefusal && error.problem.code === "unauthenticated";
}
