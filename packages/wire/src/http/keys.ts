import { type Static, Type } from "typebox";
import { principalKinds, principalRoles } from "../principal.ts";
import { bounds, closed, IdText, nullable, text } from "./bounds.ts";

/** `POST /keys`, by an operator. */
export const CreateKeyRequest = Type.Object(
  {
    name: Type.String({
      minLength: 1,
      maxLength: bounds.label,
      pattern: "^[^\\u0000-\\u001f\\u007f]+$",
      description: "Names the principal; a second key of the same name and kind belongs to the same principal.",
    }),
    kind: Type.Enum([...principalKinds]),
    roles: Type.Array(Type.Enum([...principalRoles]), { minItems: 1, maxItems: 6, uniqueItems: true }),
    owner: Type.Optional(text(bounds.id, "Id or name of the person or service that answers for this principal.")),
    expires_in_seconds: Type.Optional(Type.Integer({ minimum: 1, maximum: 315_360_000 })),
  },
  closed,
);
export type CreateKeyRequest = Static<typeof CreateKeyRequest>;

/** A key as it is listed: never with its secret. */
export const KeyAnswer = Type.Object({
  id: Type.String(),
  principal: Type.String(),
  name: Type.String(),
  kind: Type.Enum([...principalKinds]),
  roles: Type.Array(Type.Enum([...principalRoles])),
  owner: nullable(Type.String()),
  created_at: Type.String(),
  expires_at: nullable(Type.String()),
  revoked_at: nullable(Type.String()),
});
export type KeyAnswer = Static<typeof KeyAnswer>;

/** The one answer that shows the key. */
export const CreatedKeyAnswer = Type.Object({
  ...KeyAnswer.properties,
  key: Type.String({ description: "Shown this once." }),
});
export type CreatedKeyAnswer = Static<typeof CreatedKeyAnswer>;

export const KeyListAnswer = Type.Object({ keys: Type.Array(KeyAnswer) });
export type KeyListAnswer = Static<typeof KeyListAnswer>;

export const KeyParams = Type.Object({ key_id: IdText });
export type KeyParams = Static<typeof KeyParams>;

export const RevokeKeyQuery = Type.Object({ reason: Type.Optional(text(bounds.reason)) }, closed);
export type RevokeKeyQuery = Static<typeof RevokeKeyQuery>;
