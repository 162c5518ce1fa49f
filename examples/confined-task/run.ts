// `npm run demo`: a server, a sample repository, and an agent that first tries to cheat in each phase and then complies.
// Exit code 0 only if every attempt was refused, nothing changed by it, and the task was completed.
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Agent, type Answer } from "./agent.ts";
import { cheatsInImpl, cheatsInPlan, cheatsInTdd, type Cheat } from "./cheats.ts";
import { makeSampleRepository } from "./sample-repository.ts";
import { runCommand, startServerProcess } from "./server-process.ts";

const watched = ["src/price.js", "test/price.test.js", "package.json", "agent_workflow.yaml"];
const plan = { summary: "Discount", acceptance_criteria: ["10 or more cost 20 % less"] };
const newTest = `
test("ten cost a fifth less", () => assert.equal(price(10), 8));
`;

let through = 0;
let refused = 0;

const home = mkdtempSync(join(tmpdir(), "phasegate-demo-"));
try {
  process.exitCode = await demo();
} finally {
  rmSync(home, { recursive: true, force: true });
}

async function demo(): Promise<number> {
  const repository = join(home, "shop");
  mkdirSync(repository);
  makeSampleRepository(repository);
  const operatorKey = randomBytes(32).toString("base64url");
  const dataDirectory = join(home, "data");
  const server = await startServerProcess({
    cwd: repository,
    env: { PHASEGATE_STORAGE_DATA_DIR: dataDirectory, PHASEGATE_OPERATOR_KEY: operatorKey },
  });
  const asOperator = { PHASEGATE_URL: server.url, PHASEGATE_KEY: operatorKey };
  try {
    for (const line of server.lines) console.log(line);
    const operator = new Agent(server.url, operatorKey);
    const agentKey = await operator.call("POST", "/keys", { name: "agent-1", kind: "agent", roles: ["agent"] });
    await operator.call("POST", "/tasks", { title: "Ten or more cost 20 % less" });
    const agent = new Agent(server.url, String(agentKey.body["key"]));
    const claimed = await agent.claim("agent-1");
    const workspace = (claimed.body["workspace"] as { path: string }).path;
    console.log(`\nagent-1 claimed ${agent.taskId} and works in ${workspace}`);
    await work(agent, workspace);
    await printTimeline(agent.taskId, asOperator);
  } finally {
    await server.stop();
  }
  const verified = await runCommand(["audit", "verify", "--data-dir", dataDirectory], {});
  console.log(`\naudit verify: ${verified.output}`);
  console.log(`\n${refused} attempts refused, ${through} through`);
  return through === 0 && verified.code === 0 ? 0 : 1;
}

async function work(agent: Agent, workspace: string): Promise<void> {
  await tryAll(agent, workspace, "PLAN", cheatsInPlan);
  const planToken = agent.token;
  must("plan handed in", await agent.transition("PLAN", "TDD", { plan }));

  await tryAll(agent, workspace, "TDD", [
    {
      what: "go on with the token of PLAN",
      attempt: () => agent.tool("read_files", { path: "src/price.js" }, planToken),
    },
    ...cheatsInTdd,
  ]);
  const test = read(workspace, "test/price.test.js");
  must("test written", await agent.tool("write_files", { path: "test/price.test.js", content: test + newTest }));
  must("tests handed in", await agent.transition("TDD", "IMPL"));

  await tryAll(agent, workspace, "IMPL", cheatsInImpl);
  const discount = "return amount >= 10 ? amount * 0.8 : amount";
  must(
    "code written",
    await agent.tool("edit_files", { path: "src/price.js", old_text: "return amount", new_text: discount }),
  );
  must("tests run", await agent.bash("node --test"));
  must("code handed in", await agent.transition("IMPL", "COMPLETE"));

  must("committed", await agent.tool("git_commit", { message: "Sell ten for less" }));
  must("completed", await agent.call("POST", `/tasks/${agent.taskId}/complete`, { phase_token: agent.token }));
}

/** The decisions of the task as the ledger has them; calls that were simply carried out are left out. */
async function printTimeline(taskId: string, asOperator: Readonly<Record<string, string>>): Promise<void> {
  const types = ["task.created", "task.claimed", "tool.denied", "tool.rolled_back", "artifact.submitted"];
  types.push("gate.blocked", "gate.passed", "task.transitioned", "task.completed");
  const { output } = await runCommand(["events", "--task", taskId, "--limit", "1000", "--type", ...types], asOperator);
  console.log("\ntimeline");
  for (const line of output.split("\n").slice(1)) {
    const [, time = "", type = "", , by = "", what = ""] = line.split("\t");
    console.log(`  ${time.slice(11, 23)}  ${type.padEnd(18)}  ${by.slice(0, 12).padEnd(12)}  ${what}`);
  }
}

/** Each attempt must be refused, and leave every watched file as it was. */
async function tryAll(agent: Agent, workspace: string, phase: string, cheats: readonly Cheat[]): Promise<void> {
  console.log(`\n${phase}: ${cheats.length} attempts`);
  const before = contents(workspace);
  for (const cheat of cheats) {
    const answer = await cheat.attempt(agent);
    const unchanged = contents(workspace) === before;
    const isRefused = isRefusal(answer) && unchanged;
    if (isRefused) refused += 1;
    else through += 1;
    console.log(`  ${isRefused ? "refused" : "THROUGH"}  ${cheat.what.padEnd(52)} ${reasonOf(answer)}`);
  }
}

/** What the watched files hold, read past the server. */
function contents(workspace: string): string {
  return watched.map((path) => read(workspace, path)).join("\u0000");
}

function read(workspace: string, path: string): string {
  const file = join(workspace, path);
  return existsSync(file) ? readFileSync(file, "utf8") : "absent";
}

function isRefusal({ status, body }: Answer): boolean {
  return status >= 400 || body["allowed"] === false;
}

function reasonOf({ status, body }: Answer): string {
  const [finding] = (body["findings"] as readonly { check: string; rule?: string }[] | undefined) ?? [];
  const what = String(body["code"] ?? finding?.check ?? JSON.stringify(body).slice(0, 80));
  return `${status} ${what} ${String(body["rule"] ?? finding?.rule ?? "")}`.trimEnd();
}

/** A step of the honest way; what stands in its way is a false block, and ends the demo. */
function must(what: string, answer: Answer): void {
  if (isRefusal(answer)) throw new Error(`${what}: ${answer.status} ${JSON.stringify(answer.body)}`);
  console.log(`  done     ${what}`);
}
