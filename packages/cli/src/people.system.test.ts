import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { httpClient, type HttpClient } from "./client/http-client.ts";
import { phasegate } from "./cli-under-test.ts";
import { operatorKey, repositoryWith, serve } from "./serve-under-test.ts";

const workflow = `name: asks
phases:
  - { id: WORK, tools: [read, edit], write: ["src/**"], gate: { approval: human } }
  - { id: COMPLETE, tools: [read] }
`;

interface Asked {
  readonly agent: HttpClient;
  readonly taskId: string;
  readonly token: string;
  readonly workspace: string;
}

/** A task whose agent asks to leave WORK. */
async function ask(url: string, agentKey: string, taskId: string): Promise<Asked> {
  const agent = httpClient({ server: url, key: agentKey });
  const claim = await agent.post<{ phase_token: string; workspace: { path: string } }>("/tasks/claim", {
    agent_id: "agent-1",
    task_id: taskId,
  });
  const asked = { agent, taskId, token: claim.phase_token, workspace: claim.workspace.path };
  await askAgain(asked);
  return asked;
}

function askAgain({ agent, taskId, token }: Asked): Promise<unknown> {
  const body = { task_id: taskId, current_phase: "WORK", target_phase: "COMPLETE", phase_token: token };
  return agent.post("/tasks/transition", body);
}

test("a person lists what waits, denies with a comment, approves what is shown, and exports what was decided", async () => {
  const cwd = repositoryWith({ "agent_workflow.yaml": workflow });
  await using server = await serve(cwd);
  const run = (key: string, ...args: string[]) =>
    phasegate(args, { cwd, env: { PHASEGATE_URL: server.url, PHASEGATE_KEY: key } });
  const json = async (...args: string[]) =>
    JSON.parse((await run(operatorKey, ...args, "--json")).out) as Record<string, string>;
  const agentKey = (await json("key", "add", "--name", "agent-1", "--kind", "agent", "--role", "agent"))["key"] ?? "";
  const maria = (await json("key", "add", "--name", "maria", "--kind", "person", "--role", "approver"))["key"] ?? "";
  const taskId = (await json("task", "add", "Ask first"))["id"] ?? "";
  const asked = await ask(server.url, agentKey, taskId);

  const listed = (await run(maria, "approvals")).out.split("\n").map((line) => line.split("\t"));
  const columns = ["approval", "status", "task", "title", "gate", "expires", "digest", "findings", "waits for"];
  expect(listed[0]).toEqual(columns);
  expect(listed[1]?.at(-1)).toBe("1 approval by `human`");
  expect((await run(maria, "task", "show", taskId)).out).toContain("waits for 1 approval by `human`");
  expect(listed[1]?.slice(1, 4)).toEqual(["requested", taskId, "Ask first"]);
  const [first = ""] = listed[1] ?? [];

  expect(await run(maria, "deny", first)).toMatchObject({ code: 2, error: expect.stringContaining("--comment") });
  const other = `sha256:${"0".repeat(64)}`;
  expect(await run(agentKey, "approve", first, "--digest", other)).toMatchObject({
    code: 1,
    error: expect.stringContaining("self_approval"),
  });
  expect(await run(maria, "approve", first, "--digest", other)).toMatchObject({
    code: 1,
    error: expect.stringContaining("approval_digest_mismatch"),
  });

  const denied = await run(maria, "deny", first, "--comment", "say why");
  expect(denied).toMatchObject({ code: 0, out: expect.stringContaining(`${first} denied; task ${taskId} is active`) });
  expect((await run(agentKey, "brief", taskId)).out).toContain("say why");

  mkdirSync(join(asked.workspace, "src"), { recursive: true });
  const write = (name: string, content: string | Buffer) => writeFileSync(join(asked.workspace, "src", name), content);
  write("logo.png", Buffer.from("89504e470d0a1a0a0000", "hex"));
  write("round.bin", Buffer.from("0061736d01000000", "hex"));
  write("turned\u202Eround.txt", "a\n");
  write("y-long.txt", "line of a long file\n".repeat(20_000));
  write("z-\u202Ebehind.txt", "b\n");
  await askAgain(asked);
  const [second = ""] = (await run(maria, "approvals")).out.split("\n")[1]?.split("\t") ?? [];
  expect(second).not.toBe(first);
  const unasked = await run(maria, "approve", second);
  const digest = /^digest +(sha256:[0-9a-f]{64})$/m.exec(unasked.out)?.[1] ?? "";
  expect(unasked).toMatchObject({
    code: 2,
    error: expect.stringContaining(`phasegate approve ${second} --digest ${digest}`),
  });
  const shown = unasked.out.split("\n");
  expect(shown).toContain("warning: code that nobody can read here: src/round.bin, 8 bytes, WebAssembly");
  expect(shown).toContain("not shown: Binary files /dev/null and b/src/logo.png differ");
  expect(shown).toContain("changed: src/z-\\u{202e}behind.txt");
  const toSee = `phasegate task diff ${taskId} --since base --path src/y-long.txt`;
  expect(shown.filter((line) => line.startsWith("not shown to its end"))).toEqual([
    `not shown to its end: src/y-long.txt: \`${toSee}\``,
  ]);
  expect(shown).toContain("+b");
  expect(shown.find((line) => line.startsWith("denied before"))).toMatch(
    /^denied before: another state of the work, by maria at \S+, entry 1: say why$/,
  );
  const whole = (await run(maria, ...toSee.split(" ").slice(1))).out;
  expect((await run(agentKey, "brief", taskId)).out).toMatch(
    /\*\*Next:\*\* wait for .* DELETE \/api\/v1\/operations\/\S+\.$/m,
  );
  expect(whole.split("\n").filter((line) => line === "+line of a long file")).toHaveLength(20_000);
  expect(unasked.out).toContain("turned\\342\\200\\256round.txt");
  expect(unasked.out).not.toContain("\u202E");
  expect(unasked.out).not.toMatch(/warning: .*(?:png|txt)/);
  expect((await run(maria, "approvals")).out).toContain(second);
  const approved = await run(maria, "approve", second, "--digest", digest, "--comment", "fine");
  expect(approved).toMatchObject({ code: 0, out: expect.stringMatching(/ task \S+ is (active|completed)/) });
  expect(await run(maria, "approve", second)).toMatchObject({
    code: 1,
    error: expect.stringContaining("nothing is asked: the approval is used"),
  });
  expect((await run(maria, "approvals", "--all")).out).toMatch(/\tdenied\t[^]*\tused\t|\tused\t[^]*\tdenied\t/);

  const file = join(cwd, "audit.jsonl");
  expect(await run(operatorKey, "audit", "export", file)).toMatchObject({ code: 0 });
  const exported = () =>
    readFileSync(file, "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as { position: number });
  const positions = exported().map(({ position }) => position);
  expect(positions).toEqual(positions.map((_, index) => index + 1));
  expect(readFileSync(file, "utf8")).toContain("approval.granted");

  appendFileSync(file, '{"specversion":"1.0","position":');
  await json("task", "add", "More");
  expect(await run(operatorKey, "audit", "export", file)).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^1 entries/),
  });
  expect(exported().map(({ position }) => position)).toEqual([...positions, positions.length + 1]);
});

test("an export does not go on in a file that is none", async () => {
  const cwd = repositoryWith({ "notes.txt": "not an export\n" });
  expect(await phasegate(["audit", "export", "notes.txt"], { cwd })).toMatchObject({
    code: 1,
    error: expect.stringContaining("`" + join(cwd, "notes.txt") + "` is not an export of the ledger"),
  });
});
