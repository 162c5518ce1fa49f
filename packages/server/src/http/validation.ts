import { PhasegateError, type Place } from "@phasegate/wire";
import { countTextsCheaply } from "@phasegate/workflow";
import { Ajv2020, type ErrorObject, type Options, type ValidateFunction } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import type { TSchema } from "typebox";
import { absentMembersOf } from "./absent-members.ts";

/** Checks one part of a request, fills in defaults, and throws `invalid_request` with every place that is wrong. */
export type Validator = (value: unknown) => void;

const maxFindings = 50;
/** Characters, roughly, past which only the first mistake is told: listing all costs memory in proportion. */
const fullReportLimit = 65_536;

/** Compiles the schemas of all requests once: of these nothing is compiled while requests run. */
export class ValidatorCompiler {
  private readonly bodies = pair({ coerceTypes: false });
  private readonly texts = pair({ coerceTypes: "array" });
  private readonly answers = makeAjv({ allErrors: true, useDefaults: false });

  body(schema: TSchema): Validator {
    return compile(this.bodies, schema, "");
  }

  /** Values of a query arrive as text; an empty one means absent. */
  query(schema: TSchema): Validator {
    const validate = compile(this.texts, schema, "/query");
    return (value) => {
      const members = value as Record<string, unknown>;
      for (const [name, member] of Object.entries(members)) if (member === "") delete members[name];
      validate(members);
    };
  }

  params(schema: TSchema): Validator {
    return compile(this.texts, schema, "/params");
  }

  /**
   * What is wrong with an answer, in one line; null when it has the shape that was promised. Changes nothing. Compiled
   * when first needed: only tests look at answers, and each at few of them.
   */
  answer(schema: TSchema): (value: unknown) => string | null {
    let validate: ValidateFunction | null = null;
    return (value) => {
      validate ??= this.answers.compile(schema);
      return validate(value) ? null : this.answers.errorsText(validate.errors, { dataVar: "answer" });
    };
  }
}

interface AjvPair {
  readonly first: Ajv2020;
  readonly all: Ajv2020;
}

function pair(options: Options): AjvPair {
  return { first: makeAjv({ ...options, allErrors: false }), all: makeAjv({ ...options, allErrors: true }) };
}

function makeAjv(options: Options): Ajv2020 {
  const ajv = countTextsCheaply(new Ajv2020({ useDefaults: true, strict: true, strictRequired: false, ...options }));
  addFormats.default(ajv, ["date-time"]);
  return ajv;
}

function compile(ajvs: AjvPair, schema: TSchema, root: string): Validator {
  const validate = ajvs.first.compile(schema);
  let validateAll: ValidateFunction | null = null;
  const strip = absentMembersOf(schema);
  return (value) => {
    strip?.(value);
    if (validate(value)) return;
    let found = validate.errors ?? [];
    if (spare(value, fullReportLimit) >= 0) {
      validateAll ??= ajvs.all.compile(schema);
      validateAll(value);
      found = validateAll.errors ?? found;
    }
    throw refusal(found, root);
  };
}

/** What is left of a bound on characters; below 0 as soon as a value is past it, however much of it is to come. */
function spare(value: unknown, bound: number): number {
  if (typeof value === "string") return bound - value.length - 2;
  if (typeof value !== "object" || value === null) return bound - 4;
  let left = bound - 2;
  for (const name in value) {
    left = spare((value as Record<string, unknown>)[name], left - name.length - 1);
    if (left < 0) break;
  }
  return left;
}

function refusal(found: readonly ErrorObject[], root: string): PhasegateError {
  const findings: Place[] = [];
  for (const error of found) {
    const finding = describe(error, root);
    if (finding && !findings.some((known) => known.place === finding.place && known.message === finding.message)) {
      findings.push(finding);
    }
    if (findings.length === maxFindings) break;
  }
  const first = findings[0] ?? { place: root || "/", message: "does not have the shape that the call takes" };
  const more = findings.length > 1 ? ` (and ${findings.length - 1} more)` : "";
  return new PhasegateError("invalid_request", `\`${first.place}\` ${first.message}${more}`, {
    findings: findings.length > 0 ? findings : [first],
    hint: "see /openapi.json for the shape of the call",
  });
}

function describe(error: ErrorObject, root: string): Place | null {
  const params = error.params as Record<string, unknown>;
  const at = root + error.instancePath;
  const inside = (name: unknown) => `${at}/${String(name).replaceAll("~", "~0").replaceAll("/", "~1").slice(0, 200)}`;
  switch (error.keyword) {
    case "required":
      return { place: inside(params["missingProperty"]), message: "is required" };
    case "additionalProperties":
      return { place: inside(params["additionalProperty"]), message: "is not a member of this request" };
    case "enum":
      return { place: at, message: `must be one of ${(params["allowedValues"] as unknown[]).map(quoted).join(", ")}` };
    case "type":
      return { place: at || "/", message: `must be ${String(params["type"])}` };
    case "pattern":
      return { place: at, message: patternMessage(String(params["pattern"])) };
    case "propertyNames":
      return { place: inside(params["propertyName"]), message: "has a name that is too long or empty" };
    case "anyOf":
      return null;
    default:
      // The inner error of a bad name, told above.
      return error.propertyName === undefined ? { place: at || "/", message: error.message ?? "is invalid" } : null;
  }
}

function patternMessage(pattern: string): string {
  if (pattern === "^[^\\u0000]*$") return "must not hold NUL";
  return `must match \`${pattern}\``;
}

function quoted(value: unknown): string {
  return `\`${String(value)}\``;
}
