import { confinedPreset } from "./confined.ts";
import { strictPreset1 } from "./strict-1.ts";
import { strictPreset2 } from "./strict-2.ts";

const presets: ReadonlyMap<string, string> = new Map([
  ["phasegate/confined@1", confinedPreset],
  ["phasegate/strict@1", strictPreset1],
  ["phasegate/strict@2", strictPreset2],
]);

/** Names that `extends` takes without a file. */
export const presetNames: readonly string[] = [...presets.keys()];

/** The YAML text of a bundled workflow; null when there is none of that name. */
export function presetText(name: string): string | null {
  return presets.get(name) ?? null;
}

/** True for names that belong to bundled workflows, whether or not there is one of that name. */
export function isBundledName(name: string): boolean {
  return /^phasegate\/[^/]+@[^/]*$/u.test(name);
}
