import { ProblemAnswer } from "@phasegate/wire";
import type { TSchema } from "typebox";
import type { Access, Route } from "./route.ts";

interface ObjectSchema {
  readonly properties?: Readonly<Record<string, TSchema>>;
  readonly required?: readonly string[];
}

const idempotencyHeader = {
  name: "Idempotency-Key",
  in: "header",
  required: false,
  description:
    "1 to 255 printable characters. The same request with the same key is answered once, and repeated for 24 hours.",
  schema: { type: "string", maxLength: 255 },
};
const phaseTokenHeader = {
  name: "Phase-Token",
  in: "header",
  required: false,
  description: "The phase token, where the body has none.",
  schema: { type: "string" },
};

/** The OpenAPI 3.1 document of the routes. TypeBox schemas are JSON Schema 2020-12 and stand in it as they are. */
export function openApiDocument(routes: readonly Route[], version: string): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) {
    const path = route.path.replaceAll(/:([a-z_]+)/g, "{$1}");
    (paths[path] ??= {})[route.method.toLowerCase()] = operation(route);
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Phasegate",
      version,
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
      description: "Makes AI coding agents follow a declared workflow, and proves that they did.",
    },
    servers: [{ url: "/" }],
    tags: [...new Set(routes.map((route) => route.tag))].sort().map((name) => ({ name })),
    paths: Object.fromEntries(Object.entries(paths).sort(([left], [right]) => (left < right ? -1 : 1))),
    components: {
      schemas: { Problem: ProblemAnswer },
      securitySchemes: {
        key: { type: "http", scheme: "bearer", description: "An API key; `phasegate key add` makes one." },
      },
    },
  };
}

function operation(route: Route): Record<string, unknown> {
  const parameters = [
    ...parametersOf(route.params, "path"),
    ...parametersOf(route.query, "query"),
    ...(route.method === "GET" ? [] : [idempotencyHeader]),
    ...(takesPhaseToken(route) ? [phaseTokenHeader] : []),
  ];
  return {
    operationId: route.operationId,
    summary: route.summary,
    description: [accessText(route.access), ...(route.notes === undefined ? [] : [route.notes])].join("\n\n"),
    tags: [route.tag],
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(route.body
      ? { requestBody: { required: isRequired(route.body), content: { "application/json": { schema: route.body } } } }
      : {}),
    responses: {
      ...Object.fromEntries(
        Object.entries(route.answers).map(([status, schema]) => [
          status,
          { description: "The answer.", content: { "application/json": { schema } } },
        ]),
      ),
      default: {
        description: "A problem document; `code` says what is wrong.",
        content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
      },
    },
    security: securityOf(route.access),
  };
}

function parametersOf(schema: TSchema | undefined, place: "path" | "query"): Record<string, unknown>[] {
  const { properties = {}, required = [] } = (schema ?? {}) as ObjectSchema;
  return Object.entries(properties).map(([name, member]) => ({
    name,
    in: place,
    required: place === "path" || required.includes(name),
    schema: member,
  }));
}

function takesPhaseToken(route: Route): boolean {
  const { properties = {} } = (route.body ?? route.query ?? {}) as ObjectSchema;
  return Object.hasOwn(properties, "phase_token");
}

function isRequired(schema: TSchema): boolean {
  return ((schema as ObjectSchema).required ?? []).length > 0;
}

function accessText(access: Access): string {
  if (access.kind === "public") return "Needs no credential.";
  if (access.kind === "principal") {
    return access.open ? "Needs a key, or none under `security.auth: open`." : "Needs a key.";
  }
  const roles = access.roles.map((role) => `\`${role}\``).join(" or ");
  return `Needs a key of ${access.person ? "a person" : "a principal"} with the role ${roles}.`;
}

function securityOf(access: Access): Record<string, string[]>[] {
  if (access.kind === "public") return [];
  return access.kind === "principal" && access.open ? [{ key: [] }, {}] : [{ key: [] }];
}
