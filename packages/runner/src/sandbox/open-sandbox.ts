import { PhasegateError } from "@phasegate/wire";
import type { Sandbox, SandboxOptions } from "./sandbox.ts";

/**
 * The strongest sandbox that this machine holds, as probes found it.
 * Rejects with `sandbox_unavailable` where `mode` is `required` and a probe got out.
 */
export function openSandbox(options: SandboxOptions): Promise<Sandbox> {
  return Promise.reject(new PhasegateError("sandbox_unavailable", `no sandbox was opened for \`${options.dataDir}\``));
}
