import type http from "node:http";
import { jsonObject } from "./json-object.ts";
import { HookDenial } from "./verdict.ts";

export interface Question {
  readonly server: string;
  readonly key: string;
  readonly method: "GET" | "POST";
  /** Below `/api/v1`. */
  readonly path: string;
  readonly body?: unknown;
  /** All questions of one hook share it. */
  readonly deadline: AbortSignal;
}

export interface ServerAnswer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

const maxAnswerBytes = 1_048_576;

/**
 * Asks once: follows no redirect, repeats nothing, takes only a JSON object. Rejects with `HookDenial` where no such
 * answer came in time.
 */
export async function askServer(question: Question): Promise<ServerAnswer> {
  const { server, key, method, path, body, deadline } = question;
  const url = new URL(`${server.replace(/\/+$/, "")}/api/v1${path}`);
  // Loaded only here: most hooks of a machine stand outside bound directories and ask nobody.
  const protocol = url.protocol === "https:" ? "node:https" : "node:http";
  const { request } = (await import(protocol)) as typeof http;
  const content = body === undefined ? null : Buffer.from(JSON.stringify(body));
  const { status, text } = await new Promise<{ status: number; text: string }>((resolve, reject) => {
    const sent = request(
      url,
      {
        method,
        signal: deadline,
        headers: {
          Authorization: `Bearer ${key}`,
          Accept: "application/json",
          ...(content === null ? {} : { "Content-Type": "application/json", "Content-Length": content.length }),
        },
      },
      (answer) => {
        const pieces: Buffer[] = [];
        let bytes = 0;
        answer.on("data", (piece: Buffer) => {
          bytes += piece.length;
          if (bytes > maxAnswerBytes) answer.destroy(new Error("the answer is too long"));
          else pieces.push(piece);
        });
        answer.once("error", reject);
        answer.once("end", () => {
          if (answer.complete)
            resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(pieces).toString("utf8") });
          else reject(new Error("the answer was cut off"));
        });
      },
    );
    sent.once("error", reject);
    sent.end(content ?? undefined);
  }).catch((error: unknown) => {
    if (deadline.aborted) throw new HookDenial("timed_out", `the server at \`${url.origin}\` did not answer in time`);
    const why = (error as NodeJS.ErrnoException).code ?? (error instanceof Error ? error.message : "no answer");
    throw new HookDenial(
      "not_ready",
      `cannot reach the server at \`${url.origin}\`: ${why}`,
      "start `phasegate serve`",
    );
  });
  return { status, body: readObject(text, url.origin, status) };
}

function readObject(text: string, origin: string, status: number): Readonly<Record<string, unknown>> {
  const value = jsonObject(text);
  if (value !== null) return value;
  throw new HookDenial("not_ready", `what answers at \`${origin}\` (status ${status}) is not a Phasegate server`);
}
