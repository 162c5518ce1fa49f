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
  allowUnionTypes: true,
  ownProperties: true,
  addUsedSchema: false,
  logger: false,
};

const draft7Pattern = /^https?:\/\/json-schema\.org\/draft-0[67]\/schema#?$/u;
const draft2020Pattern = /^https:\/\/json-schema\.org\/draft\/2020-12\/schema#?$/u;

export type ArtifactSchemaOutcome =
  | { readonly ok: true; readonly validate: (data: JsonValue) => readonly Place[] }
  /** `pointer` into the schema where it could be told. */
  | { readonly ok: false; readonly pointer: string; readonly message: string };

/**
 * Compiles an artifact's JSON Schema: 2020-12 unless its `$schema` names draft 7 or 6. An unknown keyword or format,
 * an unresolvable `$ref` or an invalid schema is an outcome, not an exception.
 */
export function compileArtifactSchema(schema: JsonValue): ArtifactSchemaOutcome {
  if (schema === null || typeof schema === "number" || typeof schema === "string" || Array.isArray(schema)) {
    return { ok: false, pointer: "", message: "a schema is a map" };
  }
  const dialect = typeof schema === "object" ? schema["$schema"] : undefined;
  const isDraft7 = typeof dialect === "string" && draft7Pattern.test(dialect);
  if (dialect !== undefined && !isDraft7 && !(typeof dialect === "string" && draft2020Pattern.test(dialect))) {
    return { ok: false, pointer: "/$schema", message: "the schema language must be JSON Schema 2020-12 or draft 7" };
  }
  const ajv = isDraft7 ? new AjvDraft7(options) : new Ajv2020(options);
  addFormats.default(ajv);
  const body =
    typeof schema === "object" && isDraft7 ? { ...schema, $schema: "http://json-schema.org/draft-07/schema#" } : schema;
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
  }
}
