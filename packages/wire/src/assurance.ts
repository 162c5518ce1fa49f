/** What a task's enforcement rests on, weakest first. A workflow states the least that it accepts. */
export const assuranceLevels = ["observed", "hooked", "mediated", "sandboxed"] as const;
export type AssuranceLevel = (typeof assuranceLevels)[number];

/** True when `actual` gives at least what `required` asks for. */
export function assuranceSuffices(actual: AssuranceLevel, required: AssuranceLevel): boolean {
  return assuranceLevels.indexOf(actual) >= assuranceLevels.indexOf(required);
}

/** strict denies; permissive allows and warns; advisory allows and records. */
export const enforcementModes = ["strict", "permissive", "advisory"] as const;
export type EnforcementMode = (typeof enforcementModes)[number];
