import { execFile } from "node:child_process";
import { platform } from "node:os";
import { promisify } from "node:util";

const run = promisify(execFile);
const timeoutMs = 10_000;

/** What asks the keychain of each platform: the Secret Service (libsecret) on Linux, the Keychain on macOS. */
const programs: Partial<Record<NodeJS.Platform, { name: string; args: (server: string) => string[] }>> = {
  linux: { name: "secret-tool", args: (server) => ["lookup", "service", "phasegate", "server", server] },
  darwin: { name: "security", args: (server) => ["find-generic-password", "-s", "phasegate", "-a", server, "-w"] },
};

/**
 * The key that the user's keychain keeps for this server's address; null where it keeps none, or where this machine has
 * no keychain. Kept there by the user, never by this program: see docs/deployment.md.
 */
export async function keychainKey(
  server: string,
  env: Readonly<Record<string, string | undefined>>,
  onPlatform: NodeJS.Platform = platform(),
): Promise<string | null> {
  const program = programs[onPlatform];
  if (!program) return null;
  try {
    const { stdout } = await run(program.name, program.args(server), { env: { ...env }, timeout: timeoutMs });
    const key = stdout.trim();
    return key === "" ? null : key;
  } catch {
    // Not installed, locked, or nothing kept: the next way to a key is asked.
    return null;
  }
}
