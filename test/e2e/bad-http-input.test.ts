import { readdirSync, readFileSync } from "node:fs";
import { request as send } from "node:http";
import { join } from "node:path";
import { parse } from "yaml";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { operatorKey, TestServer } from "../harness/server.ts";

// Each file of the corpus is a kind of bad input; a case takes what it does not say itself from the file's top.
const folder = join(import.meta.dirname, "../corpus/bad-input/http");

interface BadRequest {
  readonly method: string;
  readonly path: string;
  readonly pathRepeat?: { readonly text: string; readonly times: number };
  readonly key: "agent" | "operator" | "none";
  readonly headers?: Readonly<Record<string, string>>;
  readonly longHeader?: number;
  /** The body: text, JSON, bytes in hexadecimal, or a repetition. */
  readonly body?: string;
  readonly json?: unknown;
  readonly bytes?: string;
  readonly repeat?: {
    readonly before: string;
    readonly text: string;
    readonly times: number;
    readonly after: string;
    /** Closes what `text` opened, as often. */
    readonly mirror?: string;
    readonly end?: string;
  };
}

interface ExpectedAnswer {
  readonly status: number;
  readonly code?: string;
  readonly places?: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
}

interface CorpusFile extends Partial<BadRequest> {
  readonly about: string;
  readonly request?: Partial<BadRequest>;
  readonly answer?: ExpectedAnswer;
  readonly cases: readonly (Partial<BadRequest> & {
    readonly name: string;
    readonly request?: Partial<BadRequest>;
    readonly answer?: ExpectedAnswer;
  })[];
}

const workflow = `
name: bad-input
phases:
  - { id: WORK, tools: [read], rework: none }
  - { id: COMPLETE, tools: [read] }
`;

let server: TestServer;
let agentKey: string;
let taskId: string;
beforeAll(async () => {
  server = await TestServer.start({ workflow, settings: { "server.body_limit_bytes": 1_048_576 } });
  agentKey = (await server.agent("ada")).key ?? "";
  // Nobody has the capability, so that it is there and never claimed.
  const created = await server.operator.post("/tasks", { title: "There", capabilities: ["nobody-has-this"] });
  taskId = String(created.body["id"]);
});
afterAll(() => server.stop());

for (const name of readdirSync(folder).sort()) {
  const file = parse(readFileSync(join(folder, name), "utf8")) as CorpusFile;
  describe(`${name}: ${file.about}`, () => {
    test.each(file.cases)("$name", async ({ name: _name, request, answer, ...own }) => {
      const wanted = { ...file.request, ...request, ...own } as BadRequest;
      const expected = answer ?? file.answer;
      const seen = await call(wanted);
      const { code, findings } = seen.body as { code?: string; findings?: { place: string }[] };
      expect({ status: seen.status, code }).toEqual({ status: expected?.status, code: expected?.code });
      if (expected?.places) expect(findings?.map(({ place }) => place).sort()).toEqual([...expected.places].sort());
      expect(seen.headers).toMatchObject(expected?.headers ?? {});
      if (code !== undefined) expect(seen.headers["content-type"]).toBe("application/problem+json; charset=utf-8");
    });
  });
}

test("after all of it the server is well, and has granted nothing", async () => {
  expect((await server.anonymous.get("/health")).status).toBe(200);
  const { body } = await server.operator.get("/tasks?status=active");
  expect(body["tasks"]).toEqual([]);
});

interface Seen {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: unknown;
}

function call(wanted: BadRequest): Promise<Seen> {
  const { port } = new URL(server.url);
  const fill = (text: string) => text.replaceAll("{port}", port).replaceAll("{task}", taskId);
  const body = bodyOf(wanted, fill);
  const headers: Record<string, string> = {
    host: `127.0.0.1:${port}`,
    ...(wanted.key === "none" ? {} : { authorization: `Bearer ${wanted.key === "agent" ? agentKey : operatorKey}` }),
    ...(body === null ? {} : { "content-type": "application/json", "content-length": String(body.length) }),
    ...(wanted.longHeader === undefined ? {} : { "x-long": "a".repeat(wanted.longHeader) }),
  };
  for (const [name, value] of Object.entries(wanted.headers ?? {})) {
    if (value === "") delete headers[name];
    else headers[name] = fill(value);
  }
  const path = fill(wanted.path) + (wanted.pathRepeat?.text.repeat(wanted.pathRepeat.times) ?? "");
  return new Promise((resolve, reject) => {
    const outgoing = send({ host: "127.0.0.1", port, method: wanted.method, path, headers, agent: false }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.on("end", () => {
        const text = Buffer.concat(chunks).toString("utf8");
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: text === "" ? {} : JSON.parse(text) });
      });
    });
    outgoing.on("error", reject);
    if (body) outgoing.write(body);
    outgoing.end();
  });
}

function bodyOf(wanted: BadRequest, fill: (text: string) => string): Buffer | null {
  if (wanted.bytes !== undefined) return Buffer.from(wanted.bytes, "hex");
  if (wanted.body !== undefined) return Buffer.from(wanted.body);
  if (wanted.json !== undefined) return Buffer.from(JSON.stringify(wanted.json));
  if (!wanted.repeat) return null;
  const { before, text, times, after, mirror = "", end = "" } = wanted.repeat;
  return Buffer.from(fill(before) + text.repeat(times) + after + mirror.repeat(times) + end);
}
