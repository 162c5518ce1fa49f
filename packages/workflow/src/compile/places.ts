import type { RuleReference } from "@phasegate/wire";
import type { StoredWorkflow } from "../model/normalized.ts";

/** Where a part of the normalized form was written: the nearest enclosing part whose place is known. */
export type PlaceOf = (pointer: string) => RuleReference;

/** Looks places up by JSON pointer into `normalized`. */
export function compilePlaces({ positions }: Pick<StoredWorkflow, "positions">): PlaceOf {
  return (pointer) => {
    for (let at = pointer; at !== ""; at = at.slice(0, at.lastIndexOf("/"))) {
      if (Object.hasOwn(positions, at)) return positions[at] ?? "";
    }
    return positions[""] ?? "workflow:1:1";
  };
}
