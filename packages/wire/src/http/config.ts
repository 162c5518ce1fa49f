import { type Static, Type } from "typebox";
import { bounds, closed, namedValues } from "./bounds.ts";

const AnyJson = Type.Unknown();
const Effect = Type.Enum(["runtime", "restart"], {
  description: "`runtime`: holds at once; `restart`: from the next start.",
});

/** One setting of the running server. Passwords and keys in URLs are `***`. */
export const SettingAnswer = Type.Object({
  key: Type.String(),
  value: AnyJson,
  default: AnyJson,
  source: Type.String({ description: "`default`, `file:line:column`, a variable, `command line`, or who set it." }),
  effect: Effect,
  variable: Type.String(),
  allowed: Type.String(),
  description: Type.String(),
  pending: Type.Optional(Type.Object({ value: AnyJson }, { description: "What it will be after a restart." })),
});
export type SettingAnswer = Static<typeof SettingAnswer>;

/** `GET /config`. */
export const ConfigAnswer = Type.Object({
  settings: Type.Array(SettingAnswer),
  restart_needed: Type.Array(Type.String(), { description: "Keys whose new value waits for a restart." }),
});
export type ConfigAnswer = Static<typeof ConfigAnswer>;

/** `PATCH /config`, by an operator: all of the changes or none. */
export const ChangeConfigRequest = Type.Object(
  {
    changes: namedValues(bounds.labels, "Keys to values: `logging.level` to `debug`."),
    save: Type.Optional(Type.Boolean({ description: "Also write them into the configuration file." })),
  },
  closed,
);
export type ChangeConfigRequest = Static<typeof ChangeConfigRequest>;

/** `PATCH /config` and `POST /config/reload`: what is different now. */
export const ConfigChangesAnswer = Type.Object({
  changes: Type.Array(
    Type.Object({ key: Type.String(), old: AnyJson, new: AnyJson, source: Type.String(), effect: Effect }),
  ),
  restart_needed: Type.Array(Type.String()),
  saved: Type.Union([Type.String(), Type.Null()], { description: "The file that was written." }),
  warnings: Type.Array(Type.Object({ place: Type.String(), message: Type.String() })),
});
export type ConfigChangesAnswer = Static<typeof ConfigChangesAnswer>;
