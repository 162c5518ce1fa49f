/** What a task's enforcement rests on, weakest first. A workflow states the least that it accepts. */
export const assuranceLevels = ["observed", "hooked", "mediated", "sandboxed"] as const;
export type AssuranceLevel = (typeof assuranceLevels)[number];

/** True when `actual` gives at least what `required` asks for. */
export function assuranceSuffices(actual: AssuranceLevel, required: AssuranceLevel): boolean {
  return assuranceLevels.indexOf(actual) >= assuranceLevels.indexOf(required);
}

/** The lower of two. */
export function lowerAssurance(one: AssuranceLevel, other: AssuranceLevel): AssuranceLevel {
  return assuranceSuffices(one, other) ? other : one;
}

/** What a host can claim for an agent that works with its own tools. */
export const hostAssuranceLevels = ["observed", "hooked"] as const;

/** strict denies; permissive allows and warns; advisory allows and records. */
export const enforcementModes = ["strict", "permissive", "advisory"] as const;
export type EnforcementMode = (typeof enforcementModes)[number];
