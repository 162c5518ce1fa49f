import { type Static, Type } from "typebox";
import { assuranceLevels, enforcementModes } from "../assurance.ts";
import { BreakerAnswer } from "./breakers.ts";
import { Count, nullable } from "./bounds.ts";

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

/** For operators and admins: paths and figures are in it. */
export const HealthDetailsAnswer = Type.Object({
  status: Type.Enum(["ready", "not_ready"]),
  checks: Type.Array(Type.Object({ name: Type.String(), ok: Type.Boolean(), detail: Type.String() })),
  version: Type.String(),
  node: Type.String(),
  platform: Type.String(),
  uptime_seconds: Count,
  memory: Type.Object({ rss_bytes: Count, heap_used_bytes: Count, heap_limit_bytes: Count }),
  assurance: Type.Enum([...assuranceLevels]),
  separate_user: Type.Boolean(),
  /** What the workflows ask for and the machine does not give; null when nothing lacks. */
  missing_assurance: nullable(Type.String()),
  guarantees: Type.Array(
    Type.Object({ name: Type.String(), attempt: Type.String(), held: Type.Boolean(), detail: Type.String() }),
  ),
  /** Every bound of the configuration by its key; null where there is none. */
  limits: Type.Record(Type.String(), nullable(Type.Number())),
  breakers: Type.Array(BreakerAnswer),
  /** By status and by kind; each counted up to 10,000. */
  tasks: Type.Record(Type.String(), Count),
  jobs: Type.Record(Type.String(), Count),
  evidence_runs: Type.Object({ busy: Count, waiting: Count, limit: Count }),
  ledger_position: Count,
  /** Who follows the events, and how many each is behind. */
  subscribers: Type.Array(Type.Object({ reader: Type.String(), position: Count, behind: Count })),
});
export type HealthDetailsAnswer = Static<typeof HealthDetailsAnswer>;
