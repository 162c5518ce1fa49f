import type { JsonObject } from "@phasegate/wire";

/** A tool as MCP lists it; `inputSchema` is JSON Schema 2020-12. */
export interface ToolDefinition {
  readonly name: string;
  readonly description: string;
  readonly inputSchema: JsonObject;
}

/** The tools that run in a task's workspace, as docs/reference/tools.md describes them; a test holds them in step. */
export const workspaceTools: readonly ToolDefinition[] = [
  {
    name: "read_files",
    description: "Reads a text file of up to 1 MiB, or some lines of a larger one.",
    inputSchema: {
      type: "object",
      required: ["path"],
      properties: {
        path: {
          type: "string",
          minLength: 1,
          maxLength: 4096,
          description: "relative to the workspace, or absolute and inside it",
        },
        offset: {
          type: ["integer", "null"],
          minimum: 0,
          maximum: 100000000,
          description: "lines to skip",
        },
        limit: {
          type: ["integer", "null"],
          minimum: 1,
          maximum: 1000000,
          description: "lines to answer at most",
        },
      },
      additionalProperties: false,
    },
  },
  {
    name: "write_files",
    description: "Writes a text file and the folders above it, or appends to it.",
    inputSchema: {
      type: "object",
      required: ["path", "content"],
      properties: {
        path: {
          type: "string",
          minLength: 1,
          maxLength: 4096,
          description: "relative to the workspace, or absolute and inside it",
        },
        content: {
          type: "string",
          maxLength: 8388608,
        },
        mode: {
          enum: ["w", "a", null],
          description: "`w` replaces the file (default), `a` appends to it",
        },
      },
      additionalProperties: false,
    },
  },
  {
    name: "edit_files",
    description: "Replaces a text in a file. The text must occur exactly once, unless `replace_all` is set.",
    inputSchema: {
      type: "object",
      required: ["path", "old_text", "new_text"],
      properties: {
        path: {
          type: "string",
          minLength: 1,
          maxLength: 4096,
          description: "relative to the workspace, or absolute and inside it",
        },
        old_text: {
          type: "string",
          minLength: 1,
          maxLength: 8388608,
        },
        new_text: {
          type: "string",
          maxLength: 8388608,
        },
        replace_all: {
          type: ["boolean", "null"],
          description: "replace every occurrence; default: false",
        },
      },
      additionalProperties: false,
    },
  },
  {
    name: "restore_files",
    description: "Puts files back to what they were when the phase was entered. Always allowed on any path.",
    inputSchema: {
      type: "object",
      required: ["paths"],
      properties: {
        paths: {
          type: "array",
          items: {
            type: "string",
            minLength: 1,
            maxLength: 4096,
            description: "relative to the workspace, or absolute and inside it",
          },
          minItems: 1,
          maxItems: 1000,
        },
      },
      additionalProperties: false,
    },
  },
  {
    name: "bash",
    description:
      "Runs a command line in the workspace, judged before by the command lists and after by what it changed.",
    inputSchema: {
      type: "object",
      required: ["command"],
      properties: {
        command: {
          type: "string",
          minLength: 1,
          maxLength: 65536,
        },
        timeout: {
          type: ["number", "null"],
          exclusiveMinimum: 0,
          maximum: 3600,
          description: "seconds; the workflow's own limit holds too",
        },
        cwd: {
          type: ["string", "null"],
          minLength: 1,
          maxLength: 4096,
          description: "relative to the workspace, or absolute and inside it; default: the workspace",
        },
      },
      additionalProperties: false,
    },
  },
  {
    name: "grep",
    description: "Searches text files of up to 8 MiB for a regular expression, and names larger ones.",
    inputSchema: {
      type: "object",
      required: ["pattern", "path"],
      properties: {
        pattern: {
          type: "string",
          minLength: 1,
          maxLength: 4096,
        },
        path: {
          type: "string",
          minLength: 1,
          maxLength: 4096,
          description: "relative to the workspace, or absolute and inside it",
        },
        context_lines: {
          type: ["integer", "null"],
          minimum: 0,
          maximum: 100,
          description: "lines around each match",
        },
        max_matches: {
          type: ["integer", "null"],
          minimum: 1,
          maximum: 10000,
          description: "matches to answer at most",
        },
      },
      additionalProperties: false,
    },
  },
  {
    name: "glob",
    description: "Lists the files whose path matches a pattern.",
    inputSchema: {
      type: "object",
      required: ["pattern"],
      properties: {
        pattern: {
          type: "string",
          minLength: 1,
          maxLength: 4096,
          description: "of `*`, `**`, `?`, `[..]`, `{a,b}`, `@(a|b)`; names that begin with a dot match as well",
        },
        path: {
          type: ["string", "null"],
          minLength: 1,
          maxLength: 4096,
          description: "relative to the workspace, or absolute and inside it; default: the workspace",
        },
      },
      additionalProperties: false,
    },
  },
  {
    name: "run_tests",
    description: "Runs the workflow's tests, or a selection of them, and records what they reported.",
    inputSchema: {
      type: "object",
      properties: {
        selection: {
          type: ["string", "array", "null"],
          minLength: 1,
          maxLength: 65536,
          pattern: "^[^\\u0000]*$",
          items: {
            type: "string",
            minLength: 1,
            maxLength: 4096,
            pattern: "^[^\\u0000]*$",
          },
          maxItems: 1000,
          description: "test files, or what the runner takes to select tests; default: all",
        },
      },
      additionalProperties: false,
    },
  },
  {
    name: "git_diff",
    description: "Shows what changed since the phase was entered, or since the base.",
    inputSchema: {
      type: "object",
      properties: {
        since: {
          enum: ["entry", "base", null],
          description: "default: `entry`",
        },
      },
      additionalProperties: false,
    },
  },
  {
    name: "git_commit",
    description: "Commits the judged tree to the task's branch.",
    inputSchema: {
      type: "object",
      required: ["message"],
      properties: {
        message: {
          type: "string",
          minLength: 1,
          maxLength: 65536,
          description: "without control characters and verdicts of others such as `Approved-by`",
        },
      },
      additionalProperties: false,
    },
  },
];

const artifacts = {
  type: "object",
  description: "artifacts by type; a type that is left out is the last one submitted",
};

/** The calls that lead through the workflow, as tools. */
export const workflowTools = [
  {
    name: "get_brief",
    description: "Says where the task stands: the phase, what it may do, what its gate lacks, and what comes next.",
    inputSchema: { type: "object", properties: {}, additionalProperties: false },
  },
  {
    name: "request_transition",
    description: "Asks to move the task to another phase. The gate is judged on what the tree and the tests show.",
    inputSchema: {
      type: "object",
      required: ["target_phase"],
      properties: { target_phase: { type: "string", minLength: 1 }, artifacts },
      additionalProperties: false,
    },
  },
  {
    name: "complete_task",
    description: "Asks to end the task, in its last phase.",
    inputSchema: { type: "object", properties: { artifacts }, additionalProperties: false },
  },
] as const satisfies readonly ToolDefinition[];
