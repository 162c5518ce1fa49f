import { type Static, Type } from "typebox";
import { reasonCodes } from "../errors/registry.ts";
import { AnyObject } from "./bounds.ts";

/** RFC 9457 problem document: the shape of every answer that is not a success. */
export const ProblemAnswer = Type.Object({
  type: Type.String(),
  title: Type.String(),
  status: Type.Integer(),
  detail: Type.String(),
  code: Type.Enum([...reasonCodes]),
  findings: Type.Optional(Type.Array(AnyObject)),
  blockers: Type.Optional(Type.Array(Type.String())),
  hint: Type.Optional(Type.String()),
  next: Type.Optional(AnyObject),
  rule: Type.Optional(Type.String()),
  retry_after: Type.Optional(Type.Number()),
  /** Of a tool that failed or was ended: what it printed until then, and what became of its changes. */
  result: Type.Optional(AnyObject),
});
export type ProblemAnswer = Static<typeof ProblemAnswer>;
