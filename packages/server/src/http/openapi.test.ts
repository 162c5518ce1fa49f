import { CreateTaskRequest, reasonCodes, TaskParams } from "@phasegate/wire";
import { Type } from "typebox";
import { expect, test } from "vitest";
import { openApiDocument } from "./openapi.ts";
import { route } from "./route.ts";

const document = openApiDocument(
  [
    route({
      method: "POST",
      path: "/api/v1/tasks/:task_id/thing",
      operationId: "thing",
      summary: "Does a thing",
      tag: "tasks",
      access: { kind: "principal", open: true },
      params: TaskParams,
      body: CreateTaskRequest,
      answers: { 201: Type.Object({}) },
      handle: async () => ({ status: 201, body: {} }),
    }),
  ],
  "1.2.3",
) as {
  paths: Record<string, { post: Record<string, unknown> & { parameters: { name: string; in: string }[] } }>;
  components: { schemas: { Problem: { properties: { code: { enum: string[] } } } } };
};

test("a route stands in the document with its path, parameters, body and answers", () => {
  const post = document.paths["/api/v1/tasks/{task_id}/thing"]?.post;
  expect(post?.parameters.map((parameter) => `${parameter.in} ${parameter.name}`)).toEqual([
    "path task_id",
    "header Idempotency-Key",
  ]);
  expect(post).toMatchObject({ operationId: "thing", security: [{ key: [] }, {}] });
  expect(Object.keys((post?.["responses"] ?? {}) as object)).toEqual(["201", "default"]);
});

test("the document's problem codes are those of the registry", () => {
  expect(document.components.schemas.Problem.properties.code.enum).toEqual(reasonCodes);
});
