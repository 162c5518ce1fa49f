import type { Answer } from "./answer.ts";

export interface HttpCall {
  readonly method: string;
  /** Below `/api/v1`, but for the few that every server answers at its root. */
  readonly path: string;
  readonly body?: unknown;
  /** The body as it is sent, in place of `body`. */
  readonly raw?: string | undefined;
  /** Null leaves one out that would be sent. */
  readonly headers?: Readonly<Record<string, string | null>> | undefined;
}

const rootPaths = /^\/(health|metrics|openapi|docs)|^\/$/;

/** One request under a key. No answer at all has status 0. */
export async function callHttp(url: string, key: string | null, call: HttpCall): Promise<Answer> {
  const { method, path, body, raw } = call;
  const sent = raw ?? (body === undefined ? undefined : JSON.stringify(body));
  const headers: Record<string, string> = {
    ...(key === null ? {} : { Authorization: `Bearer ${key}` }),
    ...(sent === undefined ? {} : { "Content-Type": "application/json" }),
  };
  for (const [name, value] of Object.entries(call.headers ?? {})) {
    if (value === null) delete headers[name];
    else headers[name] = value;
  }
  try {
    const target = rootPaths.test(path) ? path : `/api/v1${path}`;
    const response = await fetch(url + target, { method, headers, ...(sent === undefined ? {} : { body: sent }) });
    const text = await response.text();
    return { status: response.status, body: parsed(text), text };
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return { status: 0, body: {}, text: cause instanceof Error ? cause.message : "no answer" };
  }
}

function parsed(text: string): Answer["body"] {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Answer["body"]) : {};
  } catch {
    return {};
  }
}
