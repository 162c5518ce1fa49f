import { type Static, Type } from "typebox";
import { assuranceLevels, enforcementModes } from "../assurance.ts";
import { nullable } from "./bounds.ts";

export const RootAnswer = Type.Object({ status: Type.Literal("ok"), service: Type.String() });
export type RootAnswer = Static<typeof RootAnswer>;

export const HealthAnswer = Type.Object({
  status: Type.Enum(["healthy", "unhealthy"]),
  workflow_loaded: Type.Boolean(),
  enforcement_mode: nullable(Type.Enum([...enforcementModes])),
  assurance: Type.Enum([...assuranceLevels]),
  separate_user: Type.Boolean(),
  /** What was tried at the start to break each guarantee, and whether it held; `phasegate doctor` says why. */
  guarantees: Type.Array(Type.Object({ name: Type.String(), held: Type.Boolean() })),
  auth: Type.Enum(["keys", "open"]),
  version: Type.String(),
  self_reported_checks: Type.Optional(Type.Array(Type.String())),
});
export type HealthAnswer = Static<typeof HealthAnswer>;

export const LiveAnswer = Type.Object({ status: Type.Literal("alive") });
export type LiveAnswer = Static<typeof LiveAnswer>;

export const ReadyAnswer = Type.Object({ status: Type.Literal("ready") });
export type ReadyAnswer = Static<typeof ReadyAnswer>;
