import { expect, test } from "vitest";
import { ConflictError, postExternal } from "./index.ts";
import { refusal, ScriptedServer, type ScriptedAnswer } from "./testing/scripted-server.ts";

const digest = `sha256:${"0".repeat(64)}`;
const call = { taskId: "task_1", name: "build-farm", digest, status: "success" } as const;

function send(...script: ScriptedAnswer[]) {
  const server = new ScriptedServer(...script);
  const options = { url: "http://scripted", key: "the-key", retry: { initialDelayMs: 1 }, fetch: server.fetch };
  return { server, answer: postExternal(options, call) };
}

test("a system's word goes to the task with the digest that it is about", async () => {
  const { server, answer } = send({ body: { id: "apr_1", status: "used" } });
  expect(await answer).toMatchObject({ id: "apr_1", status: "used" });
  expect(server.calls).toEqual(["POST /tasks/task_1/externals"]);
  expect(server.requests[0]?.body).toEqual({ name: "build-farm", digest, status: "success" });
});

test("another digest than the one that is asked about is a conflict", async () => {
  const { answer } = send(refusal("approval_digest_mismatch"));
  await expect(answer).rejects.toBeInstanceOf(ConflictError);
});
