import { type Static, Type } from "typebox";
import { ReasonSchema } from "../events/schemas.ts";
import { AnyObject, bounds, closed, NameText, nullable, text } from "./bounds.ts";

/** `POST /workflows`, by an operator: the text of a workflow file. */
export const RegisterWorkflowRequest = Type.Object(
  {
    source: text(1_000_000, "YAML text of the workflow file."),
    file: Type.Optional(text(1_000, "File name for messages.")),
    repository: Type.Optional(text(4_096, "Absolute path of the repository that its tasks work on.")),
  },
  closed,
);
export type RegisterWorkflowRequest = Static<typeof RegisterWorkflowRequest>;

export const WorkflowAnswer = Type.Object({
  name: Type.String(),
  version: nullable(Type.String()),
  digest: Type.String(),
  description: Type.Optional(nullable(Type.String())),
  phases: Type.Optional(Type.Array(Type.String())),
  mode: Type.Optional(Type.String()),
  assurance: Type.Optional(nullable(Type.String())),
  default: Type.Optional(Type.Boolean()),
  warnings: Type.Optional(Type.Array(AnyObject)),
});
export type WorkflowAnswer = Static<typeof WorkflowAnswer>;

export const WorkflowListAnswer = Type.Object({ workflows: Type.Array(WorkflowAnswer) });
export type WorkflowListAnswer = Static<typeof WorkflowListAnswer>;

export const WorkflowParams = Type.Object({ digest: text(200) });
export type WorkflowParams = Static<typeof WorkflowParams>;

/** `POST /workflows/{digest}/simulate`: what the workflow alone would say to each call. */
export const SimulateRequest = Type.Object(
  {
    calls: Type.Array(
      Type.Object({ phase: NameText, tool_name: text(bounds.id), args: Type.Optional(AnyObject) }, closed),
      { minItems: 1, maxItems: 1_000 },
    ),
  },
  closed,
);
export type SimulateRequest = Static<typeof SimulateRequest>;

export const SimulateAnswer = Type.Object({
  verdicts: Type.Array(
    Type.Object({
      phase: Type.String(),
      tool_name: Type.String(),
      effect: Type.Enum(["allow", "deny"]),
      reasons: Type.Array(ReasonSchema),
    }),
  ),
});
export type SimulateAnswer = Static<typeof SimulateAnswer>;
