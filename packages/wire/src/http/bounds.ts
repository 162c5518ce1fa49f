import { type TSchema, Type } from "typebox";
import type { JsonObject } from "../json.ts";

/** The largest of everything that a request may hold, in characters or members. */
export const bounds = {
  id: 128,
  name: 200,
  title: 500,
  description: 20_000,
  reason: 2_000,
  label: 100,
  labels: 50,
  dependencies: 200,
  artifactTypes: 50,
  cursor: 1_000,
  pageSize: 1_000,
  defaultPageSize: 50,
  /** Characters that a phase token may take in a request; longer ones are not looked at. */
  phaseToken: 16_384,
} as const;

const withoutNul = "^[^\\u0000]*$";

/** One line or more of text without NUL, at least one character. */
export function text(maxLength: number, description?: string) {
  return Type.String({ minLength: 1, maxLength, pattern: withoutNul, ...(description ? { description } : {}) });
}

/** Text that may be empty. */
export function anyText(maxLength: number, description?: string) {
  return Type.String({ maxLength, pattern: withoutNul, ...(description ? { description } : {}) });
}

/** An id or name that names something; whether it exists is for the use case to say. */
export const IdText = text(bounds.id);
export const NameText = text(bounds.name);
export const ReasonText = text(bounds.reason);
export const LabelList = Type.Array(text(bounds.label), { maxItems: bounds.labels });
export const Timestamp = Type.String({ format: "date-time", description: "RFC 3339, UTC." });
export const DigestText = Type.String({ pattern: "^sha256:[0-9a-f]{64}$" });
export const Count = Type.Integer({ minimum: 0 });

/** Any JSON object. */
export const AnyObject = Type.Unsafe<JsonObject>({ type: "object" });

/** Any JSON object whose member names are short and few. */
export function namedValues(maxProperties: number, description: string) {
  return Type.Unsafe<JsonObject>({
    type: "object",
    maxProperties,
    propertyNames: { type: "string", minLength: 1, maxLength: bounds.label },
    description,
  });
}

export function nullable<Schema extends TSchema>(schema: Schema) {
  return Type.Union([schema, Type.Null()]);
}

/** The phase token in a body; it may travel in the header `Phase-Token` instead. */
export const PhaseTokenText = Type.String({
  maxLength: bounds.phaseToken,
  description: "The phase token; may travel in the header `Phase-Token` instead.",
});

/** Members of every list request. */
export const pageQuery = {
  limit: Type.Optional(
    Type.Integer({ minimum: 1, maximum: bounds.pageSize, default: bounds.defaultPageSize, description: "Page size." }),
  ),
  cursor: Type.Optional(text(bounds.cursor, "`next_cursor` of the page before.")),
};

/** Unknown members are refused: calls that no older agent speaks. */
export const closed = { additionalProperties: false } as const;
