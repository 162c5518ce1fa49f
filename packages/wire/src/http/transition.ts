import { type Static, Type } from "typebox";
import { FindingSchema } from "../events/schemas.ts";
import {
  AnyObject,
  bounds,
  closed,
  IdText,
  namedValues,
  NameText,
  nullable,
  PhaseTokenText,
  Timestamp,
} from "./bounds.ts";

const Artifacts = namedValues(bounds.artifactTypes, "By type; a type that is left out is the last one submitted.");

/** `POST /tasks/transition`. Unknown members are ignored: existing agents send more. */
export const TransitionRequest = Type.Object({
  task_id: IdText,
  current_phase: NameText,
  target_phase: NameText,
  phase_token: Type.Optional(PhaseTokenText),
  artifacts: Type.Optional(Artifacts),
});
export type TransitionRequest = Static<typeof TransitionRequest>;

/** `POST /tasks/{task_id}/complete`. */
export const CompleteRequest = Type.Object(
  { phase_token: Type.Optional(PhaseTokenText), artifacts: Type.Optional(Artifacts) },
  closed,
);
export type CompleteRequest = Static<typeof CompleteRequest>;

/** What a transition waits for: `digest` is what a grant must name. */
const AskedApproval = Type.Object({ id: Type.String(), digest: Type.String(), expires_at: Timestamp });

export const TransitionAnswer = Type.Object({
  allowed: Type.Boolean(),
  new_token: nullable(Type.String()),
  blockers: Type.Array(Type.String()),
  findings: Type.Array(FindingSchema),
  warnings: Type.Array(Type.String()),
  approval: Type.Optional(AskedApproval),
  commit: Type.Optional(Type.String()),
  operation_id: Type.Optional(Type.String()),
  phase: Type.Optional(Type.String()),
  status: Type.Optional(Type.String()),
  expires_at: Type.Optional(Timestamp),
  lease_expires_at: Type.Optional(Timestamp),
});
export type TransitionAnswer = Static<typeof TransitionAnswer>;

export const OperationParams = Type.Object({ operation_id: IdText });
export type OperationParams = Static<typeof OperationParams>;

/** `GET /operations/{operation_id}`: a token is minted when the live holder collects the response. */
export const OperationAnswer = Type.Object({
  id: Type.String(),
  done: Type.Boolean(),
  metadata: Type.Object({
    stage: Type.String(),
    started_at: Type.String(),
    jobs: Type.Array(AnyObject),
    task_id: Type.Optional(Type.String()),
    approval: Type.Optional(nullable(AskedApproval)),
  }),
  response: Type.Optional(AnyObject),
  error: Type.Optional(AnyObject),
});
export type OperationAnswer = Static<typeof OperationAnswer>;
