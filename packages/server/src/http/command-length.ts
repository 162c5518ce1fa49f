import type { JsonObject } from "@phasegate/wire";

/** Characters of the command line that the arguments of a tool call hold; 0 where they hold none. */
export function commandLength(args: JsonObject | undefined): number {
  const command = args?.["command"];
  return typeof command === "string" ? command.length : 0;
}
