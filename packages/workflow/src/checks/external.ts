import { Type } from "typebox";
import { ungatheredCheck } from "./evidence-check.ts";

export const external = ungatheredCheck({
  name: "external",
  passesWhen: "the system `name` has posted success for this digest",
  parameters: Type.Object(
    {
      name: Type.String({ minLength: 1, maxLength: 200, description: "the system that reports" }),
      timeout_seconds: Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 31_536_000 })),
    },
    { additionalProperties: false },
  ),
  needs: ["external"],
  source: "ledger",
});
