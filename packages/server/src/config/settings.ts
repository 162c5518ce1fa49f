import type { TSchema } from "typebox";
import { type ConfigEffect, ConfigSchema } from "./schema.ts";

/** One setting of the schema, as messages and the reference page need it. */
export interface Setting {
  readonly section: string;
  readonly key: string;
  /** `server.port` */
  readonly path: string;
  /** `PHASEGATE_SERVER_PORT` */
  readonly variable: string;
  readonly schema: TSchema;
  readonly default: unknown;
  readonly description: string;
  /** What it may be, for people: `1..65,535`, `true or false`. */
  readonly allowed: string;
  readonly effect: ConfigEffect;
}

interface PlainSchema {
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly pattern?: string;
  readonly anyOf?: readonly PlainSchema[];
  readonly default?: unknown;
  readonly description?: string;
  readonly effect?: ConfigEffect;
  readonly properties?: Readonly<Record<string, PlainSchema>>;
}

/** Every setting, in the order of the schema. */
export const settings: readonly Setting[] = Object.entries((ConfigSchema as PlainSchema).properties ?? {}).flatMap(
  ([section, { properties }]) =>
    Object.entries(properties ?? {}).map(([key, schema]) => ({
      section,
      key,
      path: `${section}.${key}`,
      variable: `PHASEGATE_${section}_${key}`.toUpperCase(),
      schema: schema as TSchema,
      default: schema.default,
      description: schema.description ?? "",
      allowed: allowedValues(schema),
      effect: schema.effect ?? "restart",
    })),
);

export const sections: readonly string[] = Object.keys((ConfigSchema as PlainSchema).properties ?? {});

const byPath = new Map(settings.map((setting) => [setting.path, setting]));
const byVariable = new Map(settings.map((setting) => [setting.variable, setting]));

export function settingAt(path: string): Setting | null {
  return byPath.get(path) ?? null;
}

export function settingOfVariable(variable: string): Setting | null {
  return byVariable.get(variable) ?? null;
}

/** Reads the text of a variable or of the command line as the setting's type; text that fits none stays text. */
export function readText(setting: Setting, text: string): unknown {
  const schema = setting.schema as PlainSchema;
  const kinds = schema.anyOf ? schema.anyOf.map((member) => member.type) : [schema.type];
  if (kinds.includes("null") && (text === "" || text === "null")) return null;
  if (kinds.includes("integer") || kinds.includes("number")) {
    return /^-?\d{1,15}(\.\d{1,15})?$/.test(text.trim()) ? Number(text) : text;
  }
  if (kinds.includes("boolean")) {
    if (/^(true|1|yes|on)$/i.test(text.trim())) return true;
    if (/^(false|0|no|off)$/i.test(text.trim())) return false;
    return text;
  }
  if (kinds.includes("array")) {
    try {
      return JSON.parse(text) as unknown;
    } catch {
      return text;
    }
  }
  return text;
}

function allowedValues(schema: PlainSchema): string {
  if (schema.anyOf) return schema.anyOf.map(allowedValues).join(" or ");
  if (schema.enum) return schema.enum.map((value) => `\`${value}\``).join(", ");
  switch (schema.type) {
    case "integer":
      return `a whole number, ${group(schema.minimum)}..${group(schema.maximum)}`;
    case "number":
      return `a number, ${group(schema.minimum)}..${group(schema.maximum)}`;
    case "boolean":
      return "`true` or `false`";
    case "array":
      return "a list";
    case "null":
      return "`null`";
    default:
      return schema.pattern ? `text that matches \`${schema.pattern}\`` : "text, not empty";
  }
}

function group(value: number | undefined): string {
  return (value ?? 0).toLocaleString("en-US");
}
