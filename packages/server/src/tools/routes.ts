import {
  AuthorizeAnswer,
  AuthorizeRequest,
  ExecuteAnswer,
  ExecuteRequest,
  RecordAnswer,
  RecordRequest,
} from "@phasegate/wire";
import { commandLength } from "../http/command-length.ts";
import { route } from "../http/route.ts";
import type { Route } from "../http/route.ts";
import { authorizeTool, recordTool } from "./authorize-tool.ts";
import { executeTool } from "./execute-tool.ts";

export const toolRoutes: readonly Route[] = [
  route({
    method: "POST",
    path: "/api/v1/tools/execute",
    operationId: "executeTool",
    deadline: "own",
    summary: "Runs a tool in the task's workspace",
    tag: "tools",
    access: { kind: "principal", open: true },
    body: ExecuteRequest,
    commandLength: ({ args }) => commandLength(args),
    answers: { 200: ExecuteAnswer },
    handle: async (context, caller, { body, phaseToken }) => ({
      status: 200,
      body: await executeTool(context, caller, body, phaseToken),
    }),
  }),
  route({
    method: "POST",
    path: "/api/v1/tools/authorize",
    operationId: "authorizeTool",
    summary: "Decides a call that the agent makes with its own tool",
    tag: "tools",
    access: { kind: "principal", open: false },
    body: AuthorizeRequest,
    commandLength: ({ args }) => commandLength(args),
    answers: { 200: AuthorizeAnswer },
    handle: (context, caller, { body, phaseToken }) => authorizeTool(context, caller, body, phaseToken),
  }),
  route({
    method: "POST",
    path: "/api/v1/tools/record",
    operationId: "recordTool",
    summary: "Tells how an authorized call went",
    tag: "tools",
    access: { kind: "principal", open: false },
    body: RecordRequest,
    answers: { 200: RecordAnswer },
    handle: async (context, caller, { body }) => ({ status: 200, body: await recordTool(context, caller, body) }),
  }),
];
