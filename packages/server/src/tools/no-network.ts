import type { JsonObject } from "@phasegate/wire";
import type { CompiledWorkflow } from "@phasegate/workflow";

/** What package managers and others say where there is no network, whatever the shell then ends with. */
const unreached =
  /^(?:ERROR: Could not find a version that satisfies the requirement |npm (?:error|ERR!) code (?:ENOTCACHED|EAI_AGAIN|ENOTFOUND|ENETUNREACH)$)|but --offline was specified$|Temporary failure in name resolution|getaddrinfo (?:EAI_AGAIN|ENOTFOUND)|Could not resolve host: |network is unreachable/im;

/** What to tell an agent whose command looked for the network in a phase that has none: no retry would help it. */
export function noNetworkWarnings(
  result: JsonObject | null,
  { phases }: Pick<CompiledWorkflow, "phases">,
  phase: string,
): string[] {
  if (phases.get(phase)?.bash.network !== "none") return [];
  const { stdout, stderr } = result ?? {};
  const isUnreached = [stdout, stderr].some((text) => typeof text === "string" && unreached.test(text));
  return isUnreached
    ? [
        "commands of this phase have no network; what tests need is installed by `workspace.setup`, which is for who keeps the workflow",
      ]
    : [];
}
