import { type Static, Type } from "typebox";
import { Count, nullable } from "./bounds.ts";

/** What failed when all tests ran on one tree, with the stay that it was seen in last. */
export const FailuresAnswer = Type.Object({
  tree: Type.String(),
  phase: Type.String(),
  entry: Count,
  recorded_at: Type.String(),
  result_digest: Type.String(),
  /** The first of them. */
  failed: Type.Array(Type.String()),
  /** Null where the run is no longer kept. */
  failed_total: nullable(Count),
});
export type FailuresAnswer = Static<typeof FailuresAnswer>;
