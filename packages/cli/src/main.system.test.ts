import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { folderWith, phasegate } from "./cli-under-test.ts";
import { operatorKey, repositoryWith, serve } from "./serve-under-test.ts";

const workflow = `name: shop
paths:
  tests: ["test/**"]
phases:
  - { id: PLAN, tools: [read] }
  - id: TDD
    tools: [read, edit, bash]
    write: [$tests]
    freeze: [$tests, "package.json#/scripts"]
  - { id: IMPL, tools: [read, edit], write: ["src/**", $tests, package.json] }
`;
const cwd = folderWith({
  "agent_workflow.yaml": workflow,
  "bad.yaml": "name: shop\nphases:\n  - { id: PLAN, tols: [read] }\n",
  "phasegate.yaml": "server:\n  port: 9000\n",
  "wrong.yaml": "server:\n  prot: 9000\n",
});

test("help and version succeed; anything that is no command line is usage", async () => {
  expect(await phasegate(["--version"], { cwd })).toEqual({ code: 0, out: "0.1.0\n", error: "" });
  expect((await phasegate(["--help"], { cwd })).code).toBe(0);
  expect(await phasegate(["help", "can"], { cwd })).toEqual(await phasegate(["can", "--help"], { cwd }));
  expect((await phasegate([], { cwd })).code).toBe(2);
  expect((await phasegate(["serf"], { cwd })).error).toContain("Did you mean serve?");
  expect((await phasegate(["task", "add"], { cwd })).code).toBe(2);
  expect((await phasegate(["task", "list", "--server", "here"], { cwd })).code).toBe(2);
});

test("a server that does not answer is told apart from one that refuses", async () => {
  const ran = await phasegate(["task", "list", "--server", "http://127.0.0.1:9"], { cwd });
  expect(ran.code).toBe(3);
  expect(ran.error).toContain("cannot reach the server at `http://127.0.0.1:9`");
});

test("lint names each error with its place, underlines it, and ends with 1", async () => {
  expect(await phasegate(["lint", "bad.yaml"], { cwd })).toEqual({
    code: 1,
    out: [
      "bad.yaml:3:17: error unknown-key: unknown key `tols`",
      "  3 |   - { id: PLAN, tols: [read] }",
      "    |                 ^^^^",
      "  hint: did you mean `tools`?",
      "1 error, 0 warnings",
      "",
    ].join("\n"),
    error: "",
  });
});

test("lint of a good file tells its digest", async () => {
  const ran = await phasegate(["lint", "--json"], { cwd });
  expect(ran.code).toBe(0);
  expect(JSON.parse(ran.out)).toMatchObject({ valid: true, digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) });
});

test("lint warns of tracked files in scratch folders", async () => {
  const folder = folderWith({ "agent_workflow.yaml": workflow, "coverage/a.js": "a", "coverage/b.js": "b" });
  execFileSync("git", ["init", "--quiet", folder]);
  execFileSync("git", ["-C", folder, "add", "--all"]);
  const ran = await phasegate(["lint"], { cwd: folder });
  expect(ran.code).toBe(0);
  expect(ran.out).toContain("warning tracked-scratch: `coverage/a.js` and 1 more tracked in scratch folders");
});

test("lint of a file that is not there says so in one line", async () => {
  const ran = await phasegate(["lint", "nowhere.yaml"], { cwd });
  expect(ran.code).toBe(1);
  expect(ran.error.split("\n")[0]).toMatch(/^phasegate: cannot read the workflow file `.*nowhere.yaml`$/);
});

test("can says no with the rule's line, and yes without a word about rules", async () => {
  const no = await phasegate(["can", "src/price.js", "--phase", "TDD"], { cwd });
  expect(no.code).toBe(1);
  expect(no.out).toContain("  rule: agent_workflow.yaml:8:12\n  8 |     write: [$tests]\n    |            ^^^^^^^\n");
  expect((await phasegate(["can", "test/price.js", "--phase", "TDD"], { cwd })).code).toBe(0);
});

test("can knows that what an earlier phase froze stays fixed", async () => {
  const ran = await phasegate(["can", "test/price.js", "--phase", "IMPL", "--json"], { cwd });
  expect(ran.code).toBe(1);
  expect(JSON.parse(ran.out)).toMatchObject({
    effect: "deny",
    reason: { code: "path_not_allowed", rule: "agent_workflow.yaml:9:13" },
  });
});

test("can tells which places of a file an earlier phase fixed", async () => {
  expect((await phasegate(["can", "package.json", "--phase", "IMPL"], { cwd })).out).toBe(
    "yes: phase IMPL may change `package.json`, but for `#/scripts`, fixed since phase `TDD`\n",
  );
});

test("can tells that a command runs without network", async () => {
  const ran = await phasegate(["can", "git push origin main", "--phase", "TDD"], { cwd });
  expect(ran).toMatchObject({ code: 0, out: expect.stringContaining("  it runs without network\n") });
});

test("can asks for the tool first where a command is meant", async () => {
  const ran = await phasegate(["can", "npm test", "--phase", "PLAN"], { cwd });
  expect(ran.code).toBe(1);
  expect(ran.out).toContain("(tool_not_allowed)");
});

test("config show tells where each setting came from", async () => {
  const ran = await phasegate(["config", "show", "--sources", "--json"], {
    cwd,
    env: { PHASEGATE_TASKS_LEASE_SECONDS: "60" },
  });
  expect(ran.code).toBe(0);
  expect(JSON.parse(ran.out)).toMatchObject({
    config: { server: { port: 9000 }, tasks: { lease_seconds: 60 } },
    sources: {
      "server.port": "phasegate.yaml:2:3",
      "tasks.lease_seconds": "PHASEGATE_TASKS_LEASE_SECONDS",
      "server.host": "default",
    },
  });
});

test("config validate names the key, its place and the nearest known name", async () => {
  const ran = await phasegate(["config", "validate", "--config", "wrong.yaml"], { cwd });
  expect(ran.code).toBe(1);
  expect(ran.out).toBe(
    "wrong.yaml:2:3: unknown key `server.prot`, did you mean `server.port`?\n  2 |   prot: 9000\n    |   ^^^^\n",
  );
});

test("explain phase names each rule's place; an unknown phase names those that there are", async () => {
  const ran = await phasegate(["explain", "phase", "TDD"], { cwd });
  expect(ran.code).toBe(0);
  expect(ran.out).toContain("may change: test/**  (agent_workflow.yaml:8:12)");
  const unknown = await phasegate(["explain", "phase", "TEST"], { cwd });
  expect(unknown.code).toBe(2);
  expect(unknown.error).toContain("its phases are PLAN, TDD, IMPL");
});

test("the long form that lint --expand prints loads with the same digest", async () => {
  const expanded = (await phasegate(["lint", "--expand"], { cwd })).out;
  const other = folderWith({ "agent_workflow.yaml": expanded });
  const digest = async (folder: string) =>
    (JSON.parse((await phasegate(["lint", "--json"], { cwd: folder })).out) as { digest: string }).digest;
  expect(await digest(other)).toBe(await digest(cwd));
});

test("what is printed as JSON has its names in snake case, like the API", async () => {
  const json = async (...args: string[]) => (await phasegate([...args, "--json"], { cwd })).out;
  const printed = await Promise.all([json("lint", "--expand"), json("explain", "phase", "TDD")]);
  expect(printed[0]).toContain('"allowed_tools"');
  expect(printed[1]).toContain('"timeout_seconds"');
  for (const text of printed) expect(text).not.toMatch(/"[a-z]+[A-Z]\w*":/);
});

test("audit verify reports a file that is no database as such, without a server", async () => {
  const folder = folderWith({ "ledger.sqlite": "garbage" });
  const ran = await phasegate(["audit", "verify", "--data-dir", folder], { cwd });
  expect(ran.code).toBe(1);
  expect(ran.out).toContain("does not verify");
  expect((await phasegate(["audit", "verify", "--file", "nowhere"], { cwd })).error).toContain("cannot be opened");
  const mistyped = await phasegate(["audit", "verify", "--data-dir", join(dirname(folder), "shop")], { cwd });
  expect(mistyped.error).toContain("; there are `");
});

test("health waits for a server that is starting, with or without a key, and no longer than it was told; then tasks are synced", async () => {
  const port = await freePort();
  const args = ["health", "--json", "--server", `http://127.0.0.1:${port}`];
  const none = phasegate([...args, "--wait", "1"], { cwd });
  expect((await none).code).toBe(3);
  const env = { PHASEGATE_KEY: operatorKey };
  const early = phasegate([...args, "--wait", "30"], { cwd, env });
  const keyless = phasegate([...args, "--wait", "30"], { cwd });
  await using server = await serve(repositoryWith(), ["--port", String(port)]);
  expect(server.url).toBe(`http://127.0.0.1:${port}`);
  expect(await early).toMatchObject({ code: 0, error: "", out: expect.stringContaining('"checks":') as unknown });
  const told = await keyless;
  expect(told).toMatchObject({ code: 0, error: "" });
  expect(JSON.parse(told.out)).toMatchObject({ status: "ready", detail: null, workflow_loaded: true });
  expect(told.out).not.toContain('"checks":');
  const address = ["--server", server.url];
  const added = await phasegate(["task", "add", "Discounts", "--json", ...address], { cwd, env });
  const { id } = JSON.parse(added.out) as { id: string };
  const merged = { code: 0, out: "merged; what was gathered for the tree before counts no more\n", error: "" };
  expect(await phasegate(["task", "sync", id, ...address], { cwd, env })).toEqual(merged);
  const unknown = await phasegate(["task", "show", "task_none", ...address], { cwd, env });
  expect(unknown.error).toContain("`phasegate task list`");
});

async function freePort(): Promise<number> {
  const listener = createServer().listen(0, "127.0.0.1");
  await once(listener, "listening");
  const { port } = listener.address() as AddressInfo;
  listener.close();
  await once(listener, "close");
  return port;
}
