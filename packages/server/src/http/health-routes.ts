import {
  type AssuranceLevel,
  type EnforcementMode,
  HealthAnswer,
  LiveAnswer,
  ReadyAnswer,
  RootAnswer,
} from "@phasegate/wire";
import type { Readiness } from "../health/readiness.ts";
import { type Route, route } from "./route.ts";

/** What the server says of itself. */
export interface HealthFacts {
  readonly workflowLoaded: boolean;
  readonly enforcementMode: EnforcementMode | null;
  readonly assurance: AssuranceLevel;
  readonly separateUser: boolean;
  /** What was tried at the start to break each guarantee, and whether it held. */
  readonly guarantees: readonly { readonly name: string; readonly held: boolean }[];
  /** Checks whose facts are the agent's own word. */
  readonly selfReportedChecks: readonly string[];
}

/** `/`, `/health`, `/health/live` and `/health/ready`. `version` is the product's. */
export function healthRoutes(
  version: string,
  facts: () => HealthFacts,
  readiness: () => Pick<Readiness, "require">,
): Route[] {
  return [
    route({
      method: "GET",
      path: "/",
      operationId: "root",
      summary: "Names the service",
      tag: "health",
      access: { kind: "public" },
      answers: { 200: RootAnswer },
      handle: async () => ({ status: 200, body: { status: "ok", service: "phasegate" } }),
    }),
    route({
      method: "GET",
      path: "/health",
      operationId: "health",
      summary: "What the server enforces, and on what that rests",
      tag: "health",
      access: { kind: "public" },
      answers: { 200: HealthAnswer },
      handle: async (context) => {
        const { workflowLoaded, enforcementMode, assurance, separateUser, guarantees, selfReportedChecks } = facts();
        const body: HealthAnswer = {
          status: workflowLoaded ? "healthy" : "unhealthy",
          workflow_loaded: workflowLoaded,
          enforcement_mode: enforcementMode,
          assurance,
          separate_user: separateUser,
          guarantees: guarantees.map(({ name, held }) => ({ name, held })),
          auth: context.config.security.auth,
          version,
          self_reported_checks: [...selfReportedChecks],
        };
        return { status: 200, body };
      },
    }),
    route({
      method: "GET",
      path: "/health/live",
      operationId: "live",
      summary: "The process answers",
      tag: "health",
      access: { kind: "public" },
      answers: { 200: LiveAnswer },
      handle: async () => ({ status: 200, body: { status: "alive" } }),
    }),
    route({
      method: "GET",
      path: "/health/ready",
      operationId: "ready",
      summary:
        "No requests are sent away, the ledger can write, workspaces can be made, git and commands run, disk is left, the clock is sound; else 503",
      tag: "health",
      access: { kind: "public" },
      answers: { 200: ReadyAnswer },
      handle: async () => {
        await readiness().require();
        return { status: 200, body: { status: "ready" } };
      },
    }),
  ];
}
