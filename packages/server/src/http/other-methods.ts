import { PhasegateError } from "@phasegate/wire";
import type { FastifyInstance, HTTPMethods } from "fastify";
import type { Route } from "./route.ts";

const allMethods = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const;

/** Gives every path an answer to the methods that it does not take: 405 with Allow, and 204 to OPTIONS. */
export function addOtherMethods(app: FastifyInstance, routes: readonly Route[]): void {
  const taken = new Map<string, Set<string>>();
  for (const { path, method } of routes) taken.set(path, (taken.get(path) ?? new Set()).add(method));
  for (const [path, methods] of taken) {
    const allow = [...methods, ...(methods.has("GET") ? ["HEAD"] : []), "OPTIONS"].sort().join(", ");
    const others: HTTPMethods[] = allMethods.filter((method) => !methods.has(method));
    if (!methods.has("GET")) others.push("HEAD");
    app.route({
      method: others,
      url: path,
      // Before the body is read: whatever it holds, the method is what is wrong.
      onRequest: (request, reply, done) => {
        reply.header("allow", allow);
        const message = `\`${request.method}\` is not a method of this path`;
        done(new PhasegateError("method_not_allowed", message, { hint: `use ${allow}` }));
      },
      handler: (_request, reply) => reply.code(405).send(),
    });
    app.route({
      method: "OPTIONS",
      url: path,
      handler: (_request, reply) => reply.header("allow", allow).code(204).send(),
    });
  }
}
