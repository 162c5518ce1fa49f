import { type Static, Type } from "typebox";
import { anyText, bounds, closed, DigestText, NameText } from "./bounds.ts";

/** `POST /tasks/{task_id}/externals`: what a system found about exactly what `digest` covers. */
export const PostExternalRequest = Type.Object(
  {
    /** The system, as the check `external` names it: the name of the service that posts. */
    name: NameText,
    /** Of the approval that was asked for. */
    digest: DigestText,
    status: Type.Enum(["success", "failure"]),
    comment: Type.Optional(anyText(bounds.reason)),
  },
  closed,
);
export type PostExternalRequest = Static<typeof PostExternalRequest>;
