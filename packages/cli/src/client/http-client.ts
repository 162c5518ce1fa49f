import type { ProblemDocument } from "@phasegate/wire";
import { CommandFailure, exitCodes } from "../failure.ts";

export type Query = Readonly<Record<string, string | number | readonly string[] | undefined>>;

/** The server's API from the outside. Paths are below `/api/v1`, but that of `getPublic`, which asks for no key. */
export interface HttpClient {
  get<Answer>(path: string, query?: Query): Promise<Answer>;
  getPublic<Answer>(path: string): Promise<Answer>;
  post<Answer>(path: string, body: object): Promise<Answer>;
  patch<Answer>(path: string, body: object): Promise<Answer>;
  delete<Answer>(path: string, query?: Query): Promise<Answer>;
  /** The body of a server-sent event stream, as text in pieces. */
  stream(path: string, query: Query, signal: AbortSignal): Promise<AsyncIterable<string>>;
}

/** The server understood and said no. */
export class ServerRefusal extends CommandFailure {
  readonly problem: ProblemDocument;

  constructor(problem: ProblemDocument) {
    super(exitCodes.refused, problem.detail, problem.hint === undefined ? {} : { hint: problem.hint });
    this.name = "ServerRefusal";
    this.problem = problem;
  }
}

export interface HttpClientOptions {
  readonly server: string;
  /** Null: none, which is enough where `security.auth` is `open`. */
  readonly key: string | null;
  readonly timeoutMs?: number;
}

/** Rejects with `ServerRefusal` for a problem document and with exit code 3 when no Phasegate answers. */
export function httpClient({ server, key, timeoutMs = 60_000 }: HttpClientOptions): HttpClient {
  const base = server.replace(/\/+$/, "");

  async function send(method: string, path: string, options: SendOptions): Promise<Response> {
    const url = `${base}${options.isPublic ? "" : "/api/v1"}${path}${queryText(options.query ?? {})}`;
    const headers: Record<string, string> = { Accept: options.accept ?? "application/json" };
    if (key !== null) headers["Authorization"] = `Bearer ${key}`;
    if (options.body !== undefined) headers["Content-Type"] = "application/json";
    const init: RequestInit = { method, headers, redirect: "error" };
    if (options.body !== undefined) init.body = JSON.stringify(options.body);
    init.signal = options.signal ?? AbortSignal.timeout(timeoutMs);
    let response: Response;
    try {
      response = await fetch(url, init);
    } catch (error) {
      throw unreachable(base, error);
    }
    if (response.ok) return response;
    throw await refusal(base, response);
  }

  async function sendJson<Answer>(method: string, path: string, options: SendOptions): Promise<Answer> {
    const response = await send(method, path, options);
    const text = await response.text();
    const answer = parseJson(text);
    if (answer === undefined) throw notPhasegate(base, response.status);
    return answer as Answer;
  }

  return {
    get: (path, query = {}) => sendJson("GET", path, { query }),
    getPublic: (path) => sendJson("GET", path, { isPublic: true }),
    post: (path, body) => sendJson("POST", path, { body }),
    patch: (path, body) => sendJson("PATCH", path, { body }),
    delete: (path, query = {}) => sendJson("DELETE", path, { query }),
    stream: async (path, query, signal) => {
      const response = await send("GET", path, { query, signal, accept: "text/event-stream" });
      if (response.body === null) throw notPhasegate(base, response.status);
      return response.body.pipeThrough(new TextDecoderStream());
    },
  };
}

interface SendOptions {
  readonly query?: Query;
  readonly body?: object;
  readonly accept?: string;
  readonly signal?: AbortSignal;
  readonly isPublic?: boolean;
}

function queryText(query: Query): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined) continue;
    for (const item of Array.isArray(value) ? value : [value]) parameters.append(name, String(item));
  }
  const text = parameters.toString();
  return text === "" ? "" : `?${text}`;
}

async function refusal(base: string, response: Response): Promise<CommandFailure> {
  const body = parseJson(await response.text());
  if (isProblem(body)) return new ServerRefusal(body);
  return notPhasegate(base, response.status);
}

function isProblem(body: unknown): body is ProblemDocument {
  return typeof body === "object" && body !== null && "code" in body && "detail" in body;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function unreachable(base: string, error: unknown): CommandFailure {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const reason =
    cause instanceof Error && "code" in cause
      ? String(cause.code)
      : cause instanceof Error
        ? cause.message
        : "no answer";
  return new CommandFailure(exitCodes.unreachable, `cannot reach the server at \`${base}\`: ${reason}`, {
    hint: "start it with `phasegate serve`, or name it with --server or PHASEGATE_URL",
    cause: error,
  });
}

function notPhasegate(base: string, status: number): CommandFailure {
  return new CommandFailure(
    exitCodes.unreachable,
    `what answers at \`${base}\` (status ${status}) is not a Phasegate server`,
    { hint: "name the server with --server or PHASEGATE_URL" },
  );
}
