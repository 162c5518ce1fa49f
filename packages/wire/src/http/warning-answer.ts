import { Type } from "typebox";
import { FindingSchema } from "../events/schemas.ts";
import { Count } from "./bounds.ts";

/** A finding that stood against nothing, with the stay that it was found in. */
export const WarningAnswer = Type.Object({ ...FindingSchema.properties, phase: Type.String(), entry: Count });
