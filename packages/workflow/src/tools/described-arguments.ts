import type { ToolDefinition } from "./definition.ts";

interface Member {
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly items?: Member;
}

/** Says in one line what a tool takes, by its schema: every member with its type, `?` after those that may be left out. */
export function describedArguments({ name, arguments: schema }: ToolDefinition): string {
  const { properties = {}, required = [] } = schema as {
    readonly properties?: Readonly<Record<string, Member>>;
    readonly required?: readonly string[];
  };
  const members = Object.entries(properties).map(
    ([member, shape]) => `${member}${required.includes(member) ? "" : "?"}: ${described(shape)}`,
  );
  return `\`${name}\` takes \`{${members.join(", ")}}\``;
}

function described({ type, enum: words, items }: Member): string {
  const types = [type ?? "any"].flat().map((name) => (name === "array" && items ? `${described(items)}[]` : name));
  const names = words === undefined ? types : words.map((word) => JSON.stringify(word));
  return names.filter((word) => word !== "null").join(" or ");
}
