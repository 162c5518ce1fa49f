import { SnapshotAnswer, SnapshotQuery } from "@phasegate/wire";
import { route } from "../http/route.ts";
import type { Route } from "../http/route.ts";
import { readSnapshot } from "./snapshot.ts";

export const stateRoutes: readonly Route[] = [
  route({
    method: "GET",
    path: "/api/v1/state/snapshot",
    operationId: "readSnapshot",
    phaseTokenInQuery: true,
    summary: "What the holder of a phase token needs to go on",
    tag: "state",
    access: { kind: "principal", open: true },
    query: SnapshotQuery,
    answers: { 200: SnapshotAnswer },
    handle: async (context, caller, input) => ({
      status: 200,
      body: await readSnapshot(context, caller, input.phaseToken),
    }),
  }),
];
