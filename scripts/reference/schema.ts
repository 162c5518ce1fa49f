import { cell } from "./markdown.ts";

interface MemberSchema {
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly items?: MemberSchema;
  readonly description?: string;
  readonly [bound: string]: unknown;
}

const bounds: Readonly<Record<string, (limit: unknown) => string>> = {
  minimum: (limit) => `at least ${String(limit)}`,
  exclusiveMinimum: (limit) => `more than ${String(limit)}`,
  maximum: (limit) => `at most ${String(limit)}`,
  minLength: (limit) => `${String(limit)} character or more`,
  maxLength: (limit) => `at most ${String(limit)} characters`,
  minItems: (limit) => `${String(limit)} item or more`,
  maxItems: (limit) => `at most ${String(limit)} items`,
};

/** One table row a member of an object schema: name, type with bounds, description. */
export function memberRows(schema: object): readonly string[] {
  const { properties = {}, required = [] } = schema as {
    properties?: Readonly<Record<string, MemberSchema>>;
    required?: readonly string[];
  };
  return Object.entries(properties).map(([name, member]) => {
    const optional = required.includes(name) ? "" : "?";
    return `| \`${name}${optional}\` | ${cell(describe(member))} | ${cell(member.description ?? "")} |`;
  });
}

function describe(member: MemberSchema): string {
  const limits = Object.entries(bounds).flatMap(([key, say]) => (member[key] === undefined ? [] : [say(member[key])]));
  return [typeName(member), ...limits].join(", ");
}

function typeName({ type, enum: values, items }: MemberSchema): string {
  if (values)
    return values
      .filter((value) => value !== null)
      .map((value) => `\`${(value as string | number).toString()}\``)
      .join(" or ");
  const names = [type ?? "any"].flat().filter((name) => name !== "null");
  return names.map((name) => (name === "array" ? `list of ${items ? typeName(items) : "any"}` : name)).join(" or ");
}
