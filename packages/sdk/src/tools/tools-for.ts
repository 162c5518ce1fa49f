import type { JsonObject, JsonValue } from "@phasegate/wire";
import type { AgentClient, CallOptions } from "../agent-client.ts";
import {
  ConflictError,
  InvalidRequestError,
  type PhasegateApiError,
  ToolDeniedError,
  ToolFailedError,
} from "../errors.ts";
import type { TransitionResult } from "../task/transition-result.ts";
import { type ToolDefinition, workflowTools, workspaceTools } from "./definitions.ts";

/** What a model is to read, in the shape of an MCP tool result. */
export interface ToolOutcome {
  readonly content: readonly [{ readonly type: "text"; readonly text: string }];
  readonly structuredContent?: JsonObject;
  /** True when the call was refused or failed; the text says what to do instead. */
  readonly isError: boolean;
}

/** A tool in the shape of function calling: `arguments` comes back as JSON text. */
export interface FunctionDefinition {
  readonly type: "function";
  readonly function: { readonly name: string; readonly description: string; readonly parameters: JsonObject };
}

export interface AgentTools {
  /** Every tool, whatever the phase allows. */
  readonly definitions: readonly ToolDefinition[];
  /** The tools that the phase allows now, with those that lead on. Ask again after each transition. */
  readonly allowed: (options?: CallOptions) => Promise<readonly ToolDefinition[]>;
  /**
   * Runs one call of a model. A refusal that the model can act on is an outcome with `isError`; what it cannot help
   * (no connection, no hold, an abort) is thrown.
   */
  readonly execute: (name: string, args: JsonObject | string, options?: CallOptions) => Promise<ToolOutcome>;
}

/** The held task's tools for any framework that takes a list of JSON schemas and calls them by name. */
export function toolsFor(client: AgentClient): AgentTools {
  return {
    definitions: [...workspaceTools, ...workflowTools],
    allowed: async (options = {}) => {
      const { allowed_tools } = await client.getStateSnapshot(options);
      return [...workspaceTools.filter((tool) => allowed_tools.includes(tool.name)), ...workflowTools];
    },
    execute: async (name, args, options = {}) => {
      const given = typeof args === "string" ? parseArguments(args) : args;
      if (given === null) return failed("the arguments are not a JSON object");
      try {
        return await run(client, name, given, options);
      } catch (error) {
        if (isForModel(error)) return failed(refusalText(error));
        throw error;
      }
    },
  };
}

/** The same tools for frameworks that speak of functions and parameters. */
export function asFunctions(definitions: readonly ToolDefinition[]): readonly FunctionDefinition[] {
  return definitions.map(({ name, description, inputSchema }) => ({
    type: "function",
    function: { name, description, parameters: inputSchema },
  }));
}

async function run(client: AgentClient, name: string, args: JsonObject, options: CallOptions): Promise<ToolOutcome> {
  const artifacts = artifactsOf(args);
  switch (name) {
    case "get_brief":
      return succeeded(await client.brief(options));
    case "request_transition": {
      const { target_phase: target } = args;
      if (typeof target !== "string") return failed("`target_phase` is missing");
      const result = await client.requestTransition(target, { ...artifacts, ...options });
      return transitionOutcome(result, result.outcome === "moved" ? await client.brief(options) : "");
    }
    case "complete_task":
      return transitionOutcome(await client.complete({ ...artifacts, ...options }), "");
    default: {
      const { result, warnings } = await client.useTool<string>(name, args, options);
      const text = [JSON.stringify(result), ...warnings.map((warning) => `warning: ${warning}`)].join("\n");
      return { ...succeeded(text), structuredContent: result };
    }
  }
}

function artifactsOf(args: JsonObject): { artifacts?: Record<string, JsonValue> } {
  const { artifacts } = args;
  return typeof artifacts === "object" && artifacts !== null && !Array.isArray(artifacts) ? { artifacts } : {};
}

function transitionOutcome(result: TransitionResult, brief: string): ToolOutcome {
  const headline = `${result.outcome}; the task is in phase ${result.phase}`;
  const text = [headline, ...result.blockers.map((blocker) => `- ${blocker}`), brief].filter(Boolean).join("\n");
  return result.outcome === "blocked" ? failed(text) : succeeded(text);
}

function refusalText({ code, message, hint, rule, next }: PhasegateApiError): string {
  return [
    `${code}: ${message}`,
    hint === null ? "" : `hint: ${hint}`,
    rule === null ? "" : `rule: ${rule}`,
    next === null ? "" : `next: ${JSON.stringify(next)}`,
  ]
    .filter(Boolean)
    .join("\n");
}

function isForModel(error: unknown): error is PhasegateApiError {
  return [ToolDeniedError, ToolFailedError, InvalidRequestError, ConflictError].some((Class) => error instanceof Class);
}

function parseArguments(text: string): JsonObject | null {
  try {
    const value = JSON.parse(text === "" ? "{}" : text) as unknown;
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonObject) : null;
  } catch {
    return null;
  }
}

function succeeded(text: string): ToolOutcome {
  return { content: [{ type: "text", text }], isError: false };
}

function failed(text: string): ToolOutcome {
  return { content: [{ type: "text", text }], isError: true };
}
