import type { JsonValue, Place } from "@phasegate/wire";
import { Ajv as AjvDraft7, type Options } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { describeErrors } from "../schema/compile-schema.ts";

// Strict about what cannot be meant (unknown keywords, formats), not about style: older schemas must load.
const options: Options = {
  allErrors: true,
  strict: true,
  strictTypes: false,
  strictTuples: false,
  strictRequired: false,
  allowUnionTypes: true,
  ownProperties: true,
  addUsedSchema: false,
  logger: false,
};

const draft7Pattern = /^https?:\/\/json-schema\.org\/draft-0[67]\/schema#?$/u;
const draft2020Pattern = /^https:\/\/json-schema\.org\/draft\/2020-12\/schema#?$/u;

// Each is made at its first use: compiling the meta-schemas takes longer than everything else in a load.
let ajvDraft7: AjvDraft7 | null = null;
let ajv2020: Ajv2020 | null = null;

function draft7(schema: JsonValue): AjvDraft7 {
  if (declaresNames(schema)) return withFormats(new AjvDraft7(options));
  ajvDraft7 ??= withFormats(new AjvDraft7(options));
  return ajvDraft7;
}

function draft2020(schema: JsonValue): Ajv2020 {
  if (declaresNames(schema)) return withFormats(new Ajv2020(options));
  ajv2020 ??= withFormats(new Ajv2020(options));
  return ajv2020;
}

/** Names that a schema declares stay with the validator, where they could stand in for another schema's, or a meta-schema. */
function declaresNames(schema: JsonValue): boolean {
  return /"\$(?:id|anchor|dynamicAnchor|recursiveAnchor)":/u.test(JSON.stringify(schema));
}

function withFormats<Validator extends AjvDraft7 | Ajv2020>(ajv: Validator): Validator {
  addFormats.default(ajv);
  return ajv;
}

export type ArtifactSchemaOutcome =
  | { readonly ok: true; readonly validate: (data: JsonValue) => readonly Place[] }
  /** `pointer` into the schema where it could be told. */
  | { readonly ok: false; readonly pointer: string; readonly message: string };

/**
 * Compiles an artifact's JSON Schema: 2020-12 unless its `$schema` names draft 7 or 6. An unknown keyword or format,
 * an unresolvable `$ref` or an invalid schema is an outcome, not an exception.
 */
export function compileArtifactSchema(schema: JsonValue): ArtifactSchemaOutcome {
  if (schema === null || typeof schema !== "object" || Array.isArray(schema)) {
    return { ok: false, pointer: "", message: "a schema is a map" };
  }
  const dialect = schema["$schema"];
  const isDraft7 = typeof dialect === "string" && draft7Pattern.test(dialect);
  if (dialect !== undefined && !isDraft7 && !(typeof dialect === "string" && draft2020Pattern.test(dialect))) {
    return { ok: false, pointer: "/$schema", message: "the schema language must be JSON Schema 2020-12 or draft 7" };
  }
  const ajv = isDraft7 ? draft7(schema) : draft2020(schema);
  const body = isDraft7 ? { ...schema, $schema: "http://json-schema.org/draft-07/schema#" } : schema;
  try {
    if (ajv.validateSchema(body) !== true) {
      const [error] = ajv.errors ?? [];
      return { ok: false, pointer: error?.instancePath ?? "", message: error?.message ?? "not a JSON Schema" };
    }
    const validate = ajv.compile(body);
    return { ok: true, validate: (data) => (validate(data) ? [] : describeErrors(validate.errors ?? [])) };
  } catch (error) {
    const message = error instanceof Error ? error.message : "not a JSON Schema";
    const keyword = /unknown keyword: "([^"]+)"/u.exec(message)?.[1];
    return {
      ok: false,
      pointer: keyword === undefined ? "" : `//${keyword}`,
      message: message.replace(/^strict mode: /u, ""),
    };
  } finally {
    // The instance outlives the schema, and would keep it.
    ajv.removeSchema(body);
  }
}
