import { createHash } from "node:crypto";
import type { Host, HostCall } from "./host.ts";
import { isJsonObject } from "./json-object.ts";
import { HookDenial } from "./verdict.ts";

type Values = Readonly<Record<string, unknown>>;

interface Mapped {
  readonly tool: string;
  readonly args: (input: Values) => Values;
  readonly paths: readonly string[];
}

const same = (member: string) => (input: Values) => input[member];

/** Every tool of Claude Code that has a counterpart here; another is asked about under its own name. */
const tools: Readonly<Record<string, Mapped>> = {
  Read: mapped("read_files", { path: same("file_path"), offset: same("offset"), limit: same("limit") }),
  NotebookRead: mapped("read_files", { path: same("notebook_path") }),
  Write: mapped("write_files", { path: same("file_path"), content: same("content") }),
  Edit: mapped("edit_files", {
    path: same("file_path"),
    // An empty old text makes a new file.
    old_text: ({ old_string }) => (old_string === "" ? "\n" : old_string),
    new_text: same("new_string"),
    replace_all: same("replace_all"),
  }),
  MultiEdit: mapped("edit_files", {
    path: same("file_path"),
    old_text: ({ edits }) => textsOf(edits, "old_string"),
    new_text: ({ edits }) => textsOf(edits, "new_string"),
  }),
  NotebookEdit: mapped("edit_files", {
    path: same("notebook_path"),
    old_text: ({ cell_id }) => (typeof cell_id === "string" && cell_id !== "" ? cell_id : "\n"),
    new_text: ({ new_source }) => new_source ?? "",
  }),
  // Their time-out is the host's, in milliseconds, and bounds nothing here.
  Bash: mapped("bash", { command: same("command") }),
  Grep: mapped("grep", { pattern: same("pattern"), path: ({ path: place }) => place ?? "." }),
  Glob: mapped("glob", { pattern: same("pattern"), path: same("path") }),
  LS: mapped("glob", { pattern: () => "*", path: same("path") }),
  WebFetch: mapped("web_fetch", { url: same("url"), prompt: same("prompt") }),
  WebSearch: mapped("web_search", { query: same("query") }),
  AskUserQuestion: mapped("ask_user_question", { questions: same("questions") }),
  Agent: mapped("sub_agent", { description: same("description"), prompt: same("prompt") }),
  Task: mapped("sub_agent", { description: same("description"), prompt: same("prompt") }),
};

/** They read and change nothing but the conversation, or end what an allowed call began. */
const ofTheConversation: ReadonlySet<string> = new Set([
  "TodoWrite",
  "TodoRead",
  "TaskCreate",
  "TaskGet",
  "TaskList",
  "TaskUpdate",
  "TaskOutput",
  "TaskStop",
  "BashOutput",
  "KillBash",
  "KillShell",
  "EnterPlanMode",
  "ExitPlanMode",
]);

/** Claude Code: one JSON object on standard input, exit code 2 and standard error to refuse. */
export const claudeCode: Host = {
  name: "claude-code",
  toolNames: new Map(
    Object.entries(tools)
      .toReversed()
      .map(([own, { tool }]) => [tool, own]),
  ),
  placeOf: ({ cwd }) => {
    if (typeof cwd === "string" && cwd.startsWith("/")) return { cwd };
    throw unreadable("cwd", "an absolute path");
  },
  callOf: (payload) => {
    const event = textMember(payload, "hook_event_name");
    switch (event) {
      case "SessionStart":
        return { kind: "session" };
      case "PreToolUse":
        return asked(payload);
      case "PostToolUse":
      case "PostToolUseFailure":
        return outcomeOf(payload, event === "PostToolUse");
      default:
        throw new HookDenial(
          "invalid_request",
          `the hook knows no event \`${event.slice(0, 100)}\``,
          "install it with `phasegate hook install claude-code`, on no other event",
        );
    }
  },
};

function asked(payload: Values): HostCall {
  const name = textMember(payload, "tool_name");
  const input = inputOf(payload);
  if (ofTheConversation.has(name)) return { kind: "conversation" };
  const own: Mapped = { tool: name, args: (all) => all, paths: [] };
  const { tool, args, paths } = (Object.hasOwn(tools, name) ? tools[name] : undefined) ?? own;
  return { kind: "ask", tool, args: args(input), paths, callKey: callKeyOf(payload) };
}

function outcomeOf(payload: Values, success: boolean): HostCall {
  const { duration_ms: duration, error } = payload;
  return {
    kind: "outcome",
    callKey: callKeyOf(payload),
    success,
    error: !success && typeof error === "string" ? error.slice(0, 1_000) : null,
    durationMs: typeof duration === "number" && duration >= 0 ? duration : 0,
  };
}

/** Hosts that give a call no id are told apart by what is called. */
function callKeyOf(payload: Values): string {
  const id = payload["tool_use_id"];
  const named = typeof id === "string" && id !== "" ? id : [payload["tool_name"], payload["tool_input"]];
  return createHash("sha256")
    .update(JSON.stringify([payload["session_id"], named]))
    .digest("hex");
}

function inputOf(payload: Values): Values {
  const input = payload["tool_input"];
  if (isJsonObject(input)) return input;
  throw unreadable("tool_input", "an object");
}

function textMember(payload: Values, member: string): string {
  const text = payload[member];
  if (typeof text === "string" && text !== "") return text;
  throw unreadable(member, "a text");
}

function unreadable(member: string, shape: string): HookDenial {
  return new HookDenial(
    "invalid_request",
    `what the host sent has no \`${member}\` that is ${shape}`,
    "this version of the host may speak another form; see docs/hosts.md",
  );
}

/** All that several edits take away, or put there; what is no edit is left to the server to refuse. */
function textsOf(edits: unknown, member: string): unknown {
  if (!Array.isArray(edits)) return edits;
  const texts = edits.map((edit: unknown) => (edit as Values | null)?.[member]);
  return texts.every((text) => typeof text === "string") ? texts.join("\n") || "\n" : edits;
}

/** Members that are absent stay absent. */
function mapped(tool: string, members: Readonly<Record<string, (input: Values) => unknown>>): Mapped {
  return {
    tool,
    args: (input) =>
      Object.fromEntries(
        Object.entries(members)
          .map(([name, read]) => [name, read(input)] as const)
          .filter(([, value]) => value !== undefined && value !== null),
      ),
    paths: "path" in members ? ["path"] : [],
  };
}
