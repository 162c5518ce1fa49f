import { Type } from "typebox";
import type { CheckDefinition } from "./definition.ts";
import { fail } from "./outcome.ts";

/** Not implemented: no call lets a system post its success yet, so that the fact cannot exist. */
export const external: CheckDefinition = {
  name: "external",
  aliases: [],
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
  implemented: false,
  selfReportable: false,
  warningOnly: false,
  judge: ({ parameters }) => fail(`\`${parameters["name"] as string}\` has posted nothing for this digest`),
};
