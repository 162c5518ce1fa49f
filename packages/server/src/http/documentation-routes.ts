import { createHash } from "node:crypto";
import { Type } from "typebox";
import { openApiDocument } from "./openapi.ts";
import { type Route, route } from "./route.ts";

/** `/openapi.json` and `/docs`, of the given routes and of themselves. */
export function documentationRoutes(routes: readonly Route[], version: string): Route[] {
  const all: Route[] = [...routes];
  let document: string | null = null;
  let page: string | null = null;
  const own = [
    route({
      method: "GET",
      path: "/openapi.json",
      operationId: "openApi",
      summary: "This API as OpenAPI 3.1",
      tag: "documentation",
      access: { kind: "public" },
      answers: { 200: Type.Object({ openapi: Type.Literal("3.1.0") }) },
      handle: async () => ({
        status: 200,
        body: (document ??= JSON.stringify(openApiDocument(all, version))),
        headers: { "content-type": "application/json; charset=utf-8" },
      }),
    }),
    route({
      method: "GET",
      path: "/docs",
      operationId: "docs",
      summary: "This API as a page",
      tag: "documentation",
      access: { kind: "public" },
      answers: { 200: Type.String() },
      handle: async () => ({
        status: 200,
        body: (page ??= renderPage(all, version)),
        headers: {
          "content-type": "text/html; charset=utf-8",
          "content-security-policy": pagePolicy,
          "cross-origin-resource-policy": "same-origin",
          "referrer-policy": "no-referrer",
        },
      }),
    }),
  ];
  all.push(...own);
  return own;
}

const style = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h2 { margin-top: 2.5rem; text-transform: capitalize; }
details { border: 1px solid color-mix(in srgb, currentColor 25%, transparent); border-radius: 6px; margin: .5rem 0; padding: .5rem .75rem; }
summary { cursor: pointer; overflow-wrap: anywhere; }
code, pre { font: 14px/1.45 ui-monospace, monospace; }
pre { overflow-x: auto; padding: .5rem; background: color-mix(in srgb, currentColor 8%, transparent); border-radius: 6px; }
.method { display: inline-block; min-width: 4.2rem; font-weight: 700; }
`;
const styleDigest = createHash("sha256").update(style).digest("base64");
const pagePolicy = `default-src 'none'; style-src 'sha256-${styleDigest}'; frame-ancestors 'none'; base-uri 'none'`;

/** One page without scripts: every operation with its parameters and schemas. */
function renderPage(routes: readonly Route[], version: string): string {
  const tags = [...new Set(routes.map((route) => route.tag))].sort();
  const sections = tags.map((tag) => {
    const operations = routes.filter((route) => route.tag === tag).map(renderOperation);
    return `<h2 id="${escape(tag)}">${escape(tag)}</h2>\n${operations.join("\n")}`;
  });
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Phasegate API</title><style>${style}</style></head>
<body>
<h1>Phasegate API ${escape(version)}</h1>
<p>Everything here is also in <a href="/openapi.json">/openapi.json</a>. Errors are problem documents with a <code>code</code>.</p>
<nav>${tags.map((tag) => `<a href="#${escape(tag)}">${escape(tag)}</a>`).join(" · ")}</nav>
${sections.join("\n")}
</body>
</html>
`;
}

function renderOperation(route: Route): string {
  const parts = [
    ...(route.params ? [renderSchema("Path", route.params)] : []),
    ...(route.query ? [renderSchema("Query", route.query)] : []),
    ...(route.body ? [renderSchema("Body", route.body)] : []),
    ...Object.entries(route.answers).map(([status, schema]) => renderSchema(`Answer ${status}`, schema)),
  ];
  const path = route.path.replaceAll(/:([a-z_]+)/g, "{$1}");
  return `<details><summary><span class="method">${route.method}</span> <code>${escape(path)}</code> ${escape(route.summary)}</summary>
${parts.join("\n")}</details>`;
}

function renderSchema(title: string, schema: unknown): string {
  return `<p>${escape(title)}</p><pre>${escape(JSON.stringify(schema, null, 2))}</pre>`;
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
