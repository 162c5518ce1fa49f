import { PhasegateError, type Principal } from "@phasegate/wire";

/** Throws `forbidden` for an agent, whatever roles its key was given; `cannot` says what no agent can do. */
export function refuseAgents(principal: Principal, cannot: string): void {
  if (principal.kind !== "agent") return;
  throw new PhasegateError("forbidden", `an agent ${cannot}`, { hint: "ask an operator" });
}
