import { type Static, Type } from "typebox";
import { ReasonSchema } from "../events/schemas.ts";
import { AnyObject, anyText, bounds, closed, IdText, nullable, PhaseTokenText, text } from "./bounds.ts";

const call = {
  task_id: IdText,
  phase_token: Type.Optional(PhaseTokenText),
  tool_name: text(bounds.id),
  args: Type.Optional(AnyObject),
};

/** `POST /tools/execute`. Unknown members are ignored: existing agents send more. */
export const ExecuteRequest = Type.Object(call);
export type ExecuteRequest = Static<typeof ExecuteRequest>;

export const ExecuteAnswer = Type.Object({
  result: AnyObject,
  logged: Type.Boolean(),
  event_id: Type.String(),
  warnings: Type.Array(Type.String()),
});
export type ExecuteAnswer = Static<typeof ExecuteAnswer>;

/** `POST /tools/authorize`: a call that the agent makes with its own tool. */
export const AuthorizeRequest = Type.Object(call, closed);
export type AuthorizeRequest = Static<typeof AuthorizeRequest>;

export const AuthorizeAnswer = Type.Object({
  effect: Type.Enum(["allow", "deny"]),
  reasons: Type.Array(ReasonSchema),
  rule: Type.Optional(nullable(Type.String())),
  next: Type.Optional(nullable(AnyObject)),
  event_id: Type.String(),
  warnings: Type.Optional(Type.Array(Type.String())),
});
export type AuthorizeAnswer = Static<typeof AuthorizeAnswer>;

/** `POST /tools/record`: how an authorized call went, told by the agent's host. */
export const RecordRequest = Type.Object(
  {
    event_id: IdText,
    result: Type.Optional(Type.Unknown()),
    success: Type.Boolean(),
    duration_ms: Type.Optional(Type.Number({ minimum: 0, maximum: 604_800_000 })),
    error: Type.Optional(anyText(bounds.reason)),
    task_id: Type.Optional(IdText),
  },
  closed,
);
export type RecordRequest = Static<typeof RecordRequest>;

export const RecordAnswer = Type.Object({ event_id: Type.String() });
export type RecordAnswer = Static<typeof RecordAnswer>;
