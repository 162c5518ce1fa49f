import { type Static, Type } from "typebox";
import { FindingSchema } from "../events/schemas.ts";
import { taskStatuses } from "../status.ts";
import { AnyObject, Count, nullable, PhaseTokenText, Timestamp } from "./bounds.ts";

/** `GET /state/snapshot`; the token may travel in the query (redacted from every log) or in the header. */
export const SnapshotQuery = Type.Object({ phase_token: Type.Optional(PhaseTokenText) });
export type SnapshotQuery = Static<typeof SnapshotQuery>;

export const SnapshotAnswer = Type.Object({
  task_dependencies: Type.Unknown({ description: "The task's dependencies with their status." }),
  completed_tasks: Type.Array(Type.String()),
  current_phase: Type.String(),
  blockers: Type.Array(Type.Unknown()),
  status: Type.Enum([...taskStatuses]),
  entry: Count,
  findings: Type.Array(FindingSchema),
  approvals: Type.Array(AnyObject),
  lease_expires_at: nullable(Timestamp),
  allowed_tools: Type.Array(Type.String()),
  write: Type.Array(Type.String()),
  next: Type.Unknown({ description: "The calls that lead on from here." }),
  task_id: Type.Optional(Type.String()),
});
export type SnapshotAnswer = Static<typeof SnapshotAnswer>;
