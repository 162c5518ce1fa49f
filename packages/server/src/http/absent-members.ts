import type { TSchema } from "typebox";

type Strip = (value: unknown) => void;

interface PlainSchema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, PlainSchema>>;
  readonly required?: readonly string[];
  readonly items?: PlainSchema;
  readonly anyOf?: readonly PlainSchema[];
}

/**
 * A function that removes members which are null where the schema has them optional and not nullable: null means
 * absent. Null when the schema has no such member. Values below free-form members are data and stay as they are.
 */
export function absentMembersOf(schema: TSchema): Strip | null {
  return stripperOf(schema as PlainSchema);
}

function stripperOf(schema: PlainSchema): Strip | null {
  if (schema.type === "array") {
    const strip = schema.items ? stripperOf(schema.items) : null;
    if (!strip) return null;
    return (value) => {
      if (Array.isArray(value)) for (const item of value) strip(item);
    };
  }
  if (!schema.properties) return null;
  const optional: string[] = [];
  const nested: [string, Strip][] = [];
  for (const [name, member] of Object.entries(schema.properties)) {
    if (!schema.required?.includes(name) && !takesNull(member)) optional.push(name);
    const strip = stripperOf(member);
    if (strip) nested.push([name, strip]);
  }
  if (optional.length === 0 && nested.length === 0) return null;
  return (value) => {
    if (typeof value !== "object" || value === null) return;
    const object = value as Record<string, unknown>;
    for (const name of optional) if (object[name] === null) delete object[name];
    for (const [name, strip] of nested) strip(object[name]);
  };
}

function takesNull(schema: PlainSchema): boolean {
  if (schema.type === "null") return true;
  return schema.anyOf?.some(takesNull) ?? false;
}
