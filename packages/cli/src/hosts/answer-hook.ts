import { askServer, type ServerAnswer } from "./ask-server.ts";
import { type Binding, findBinding } from "./bindings.ts";
import type { Host, HostCall } from "./host.ts";
import { inWordsOf } from "./host-words.ts";
import { jsonObject } from "./json-object.ts";
import { namedPlaces } from "./named-places.ts";
import { OpenCalls } from "./open-calls.ts";
import { placeInWorkspace, realPlace } from "./real-place.ts";
import { type Denial, HookDenial, proceed, type Verdict } from "./verdict.ts";

export interface HookSituation {
  readonly host: Host;
  readonly payload: string;
  /** The folders that the process itself knows: its own, and the one in which the host's session began. */
  readonly folders: readonly string[];
  readonly bindingsFolder: string;
  /** Everything below is work on a task: without a binding it is denied. Null: only what is bound. */
  readonly within: string | null;
  readonly now: number;
  readonly deadline: AbortSignal;
}

/**
 * Decides one event of a host. Outside bound directories: proceed, nothing asked, nothing said. Inside: what the server
 * says, and a denial for whatever it does not say clearly. Anything thrown, mostly `HookDenial`, is a denial too.
 */
export async function answerHook(situation: HookSituation): Promise<Verdict> {
  const { host, bindingsFolder, folders } = situation;
  const payload = readPayload(situation.payload);
  const { cwd } = host.placeOf(payload);
  // Any of them: an agent can walk out of the directory in which its session began, or name a file from elsewhere.
  const known = [...folders, cwd].map(realPlace);
  const places = [...known, ...namedPlaces(payload["tool_input"], cwd)];
  const binding = findBinding(bindingsFolder, places);
  if (binding === null) {
    const { within } = situation;
    if (within === null || !places.some((place) => isBelow(place, realPlace(within)))) return proceed;
    throw new HookDenial("config_invalid", "this directory is bound to no task", "`phasegate hook bind` binds it");
  }
  try {
    const verdict = await answerCall(situation, host.callOf(payload), cwd, binding);
    return verdict.effect === "proceed" ? verdict : spoken(host, binding, verdict);
  } catch (error) {
    if (error instanceof HookDenial) return spoken(host, binding, error);
    throw error;
  }
}

/** A denial for an agent that knows the host's tools, and for whoever bound a directory whose task is over. */
function spoken(host: Host, { directory }: Binding, denial: Denial | HookDenial): Denial {
  const { message, hint } = inWordsOf(host, { message: denial.message, hint: denial.hint ?? null });
  const wayOut = `where the work is over, \`phasegate hook unbind ${directory}\` frees the directory`;
  const hints = [...(hint === null ? [] : [hint]), ...(denial.code === "task_not_active" ? [wayOut] : [])];
  return { effect: "deny", code: denial.code, message, ...(hints.length === 0 ? {} : { hint: hints.join("; ") }) };
}

async function answerCall(
  { bindingsFolder, deadline, now }: HookSituation,
  call: HostCall,
  cwd: string,
  binding: Binding,
): Promise<Verdict> {
  const { server, key, taskId } = binding;
  const calls = new OpenCalls(bindingsFolder);
  const ask: Ask = async (method, path, body) =>
    granted(await askServer({ server, key, method, path, body, deadline }));
  if (call.kind === "ask") {
    return authorize(ask, calls, taskId, { ...call, args: argsInWorkspace(call, cwd, binding.directory) });
  }
  if (call.kind === "outcome") return tellOutcome(ask, calls, call);
  if (call.kind === "conversation") return proceed;
  calls.forgetOld(now);
  const { brief } = await ask("GET", `${pathOf(taskId)}/brief`);
  return typeof brief === "string" ? { effect: "proceed", context: brief } : proceed;
}

type Ask = (method: "GET" | "POST", path: string, body?: unknown) => Promise<Readonly<Record<string, unknown>>>;
type AskCall = Extract<HostCall, { readonly kind: "ask" }>;
type OutcomeCall = Extract<HostCall, { readonly kind: "outcome" }>;

async function authorize(ask: Ask, calls: OpenCalls, taskId: string, call: AskCall): Promise<Verdict> {
  const { tool, args, callKey } = call;
  // Of the present phase, whoever moved the task there.
  const { phase_token } = await ask("POST", `${pathOf(taskId)}/token`, {});
  const answer = await ask("POST", "/tools/authorize", { task_id: taskId, phase_token, tool_name: tool, args });
  const { effect, event_id } = answer;
  if (effect !== "allow" || typeof event_id !== "string" || event_id === "") return denialOf(answer);
  calls.note(callKey, event_id);
  return proceed;
}

/** A call that was never allowed here has no outcome to tell. */
async function tellOutcome(ask: Ask, calls: OpenCalls, call: OutcomeCall): Promise<Verdict> {
  const event_id = calls.take(call.callKey);
  if (event_id === null) return proceed;
  const { success, error, durationMs: duration_ms } = call;
  await ask("POST", "/tools/record", { event_id, success, duration_ms, ...(error === null ? {} : { error }) });
  return proceed;
}

function argsInWorkspace({ args, paths }: AskCall, cwd: string, workspace: string): Readonly<Record<string, unknown>> {
  const place = (name: string, value: unknown): unknown =>
    paths.includes(name) && typeof value === "string" ? placeInWorkspace(value, cwd, workspace) : value;
  return Object.fromEntries(Object.entries(args).map(([name, value]) => [name, place(name, value)]));
}

function pathOf(taskId: string): string {
  return `/tasks/${encodeURIComponent(taskId)}`;
}

/** The body of a 200; anything else is a denial in the server's own words. */
function granted({ status, body }: ServerAnswer): Readonly<Record<string, unknown>> {
  if (status === 200) return body;
  const { code, detail, hint } = body;
  throw new HookDenial(
    (typeof code === "string" ? code : "not_ready") as HookDenial["code"],
    typeof detail === "string" ? detail : `the server answered with status ${status}`,
    typeof hint === "string" ? hint : null,
  );
}

function denialOf(answer: Readonly<Record<string, unknown>>): Verdict {
  const reasons = Array.isArray(answer["reasons"]) ? (answer["reasons"] as readonly unknown[]) : [];
  const { code, message, hint, rule } = (reasons[0] ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof code !== "string" || typeof message !== "string") {
    throw new HookDenial("not_ready", "the server's answer neither allows nor says why not");
  }
  const place = typeof rule === "string" ? ` (${rule})` : "";
  return { effect: "deny", code, message: `${message}${place}`, ...(typeof hint === "string" ? { hint } : {}) };
}

function readPayload(text: string): Readonly<Record<string, unknown>> {
  const value = jsonObject(text);
  if (value !== null) return value;
  throw new HookDenial("malformed_request", "what the host sent is not a JSON object");
}

function isBelow(place: string, folder: string): boolean {
  return place === folder || place.startsWith(folder.endsWith("/") ? folder : `${folder}/`);
}
