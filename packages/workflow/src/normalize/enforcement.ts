import { type AssuranceLevel, assuranceLevels, type EnforcementMode } from "@phasegate/wire";
import { booleanOf, keyPlace, member, numberOf, textOf } from "../reading/located.ts";
import type { NormalizeContext } from "./context.ts";

export interface NormalizedEnforcement {
  readonly mode: EnforcementMode;
  readonly assurance: AssuranceLevel;
  readonly tokenExpirySeconds: number | null;
  readonly leaseSeconds: number | null;
}

const violationActions: Readonly<Record<string, EnforcementMode>> = {
  reject: "strict",
  warn: "permissive",
  log: "advisory",
};

/** How strictly the rules are held. `mode` decides; whatever else speaks of it must agree. */
export function normalizeEnforcement(context: NormalizeContext): NormalizedEnforcement {
  const { reporter } = context;
  const node = member(context.root, "enforcement");
  const written = member(node, "mode");
  const mode = modeOf(textOf(written));
  const tools = member(node, "tool_enforcement");
  const action = member(tools, "violation_action");
  const meant = violationActions[textOf(action) ?? ""];
  if (action && meant !== undefined && meant !== mode) {
    const hint = `\`${mode}\` asks for \`${Object.keys(violationActions).find((key) => violationActions[key] === mode) ?? ""}\``;
    reporter.error(
      action.place,
      "contradiction",
      `\`violation_action\` says \`${meant}\`, \`mode\` says \`${mode}\``,
      hint,
    );
  }
  for (const section of ["phase_tokens", "tool_enforcement"]) {
    const enabled = member(member(node, section), "enabled");
    if (enabled && booleanOf(enabled) === false && mode === "strict") {
      const hint = "remove it, or choose `mode: permissive` or `mode: advisory`";
      reporter.error(enabled.place, "contradiction", `\`${section}\` cannot be disabled under \`strict\``, hint);
    } else if (enabled && booleanOf(enabled) === false && section === "tool_enforcement") {
      const place = keyPlace(tools, "enabled") ?? enabled.place;
      reporter.warning(place, "no-effect", "`enforcement.tool_enforcement.enabled` has no effect", "`mode` decides");
    }
  }
  const assurance = assuranceLevels.find((level) => level === textOf(member(node, "assurance"))) ?? "mediated";
  return {
    mode,
    assurance,
    tokenExpirySeconds: numberOf(member(member(node, "phase_tokens"), "expiry_seconds")),
    leaseSeconds: numberOf(member(member(context.root, "coordination"), "lease_seconds")),
  };
}

function modeOf(text: string | null): EnforcementMode {
  if (text === "permissive") return "permissive";
  return text === "advisory" || text === "audit" ? "advisory" : "strict";
}
