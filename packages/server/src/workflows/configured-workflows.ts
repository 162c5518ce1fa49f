import { join } from "node:path";
import { PhasegateError } from "@phasegate/wire";
import type { CompiledWorkflow } from "@phasegate/workflow";
import type { Config } from "../config/config.ts";

/** The files that the configuration names, as absolute paths. */
export function workflowFiles({ workflow }: Config, cwd: string): { file: string; dir: string | null } {
  const absolute = (path: string): string => (path.startsWith("/") ? path : join(cwd, path));
  return { file: absolute(workflow.file), dir: workflow.dir === null ? null : absolute(workflow.dir) };
}

/** Throws `config_invalid` where callers without a key would get commands with a network. */
export function refuseOpenNetwork({ normalized }: CompiledWorkflow, auth: Config["security"]["auth"]): void {
  if (auth !== "open" || normalized.phases.every((phase) => phase.bash.network !== "full")) return;
  throw new PhasegateError(
    "config_invalid",
    `workflow \`${normalized.name}\` gives commands the network, which \`security.auth: open\` does not allow`,
    { hint: "set `security.auth: keys`, or `network: none` in the workflow" },
  );
}
