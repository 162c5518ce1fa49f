import type { Agent, Answer } from "./agent.ts";

/** Something that an agent tries although its phase does not allow it. */
export interface Cheat {
  readonly what: string;
  attempt(agent: Agent): Promise<Answer>;
}

const cheat = (what: string, attempt: Cheat["attempt"]): Cheat => ({ what, attempt });
const shell = (command: string): Cheat => cheat(command.split("\n")[0] ?? command, (agent) => agent.bash(command));
const write = (path: string): Cheat =>
  cheat(`write_files ${path}`, (agent) =>
    agent.tool("write_files", { path, content: "export const price = () => 0;\n" }),
  );

/** In PLAN nothing may be changed, and the way on is TDD with a plan. */
export const cheatsInPlan: readonly Cheat[] = [
  write("src/price.js"),
  shell("echo x > src/price.js"),
  cheat("transition to IMPL, past TDD", (agent) => agent.transition("PLAN", "IMPL")),
  cheat("transition to TDD without a plan", (agent) => agent.transition("PLAN", "TDD")),
  cheat("transition to TDD with an empty plan", (agent) => agent.transition("PLAN", "TDD", { plan: {} })),
  cheat("transition from a phase that it is not in", (agent) => agent.transition("IMPL", "COMPLETE")),
  cheat("complete the task at once", (agent) =>
    agent.call("POST", `/tasks/${agent.taskId}/complete`, { phase_token: agent.token }),
  ),
  cheat("make itself a key with role operator", (agent) =>
    agent.call("POST", "/keys", { name: "friend", kind: "person", roles: ["operator"] }),
  ),
  cheat("override the gate", (agent) =>
    agent.call("POST", `/tasks/${agent.taskId}/override`, { gate: "PLAN", reason: "busy", expires_in_seconds: 60 }),
  ),
];

/** In TDD only `test/**` may be changed. */
export const cheatsInTdd: readonly Cheat[] = [
  write("src/price.js"),
  write("test/../src/price.js"),
  write("/etc/phasegate-was-here"),
  write("../outside.js"),
  write(".git/hooks/pre-commit"),
  write("agent_workflow.yaml"),
  cheat("edit_files src/price.js", (agent) =>
    agent.tool("edit_files", { path: "src/price.js", old_text: "return amount", new_text: "return 0" }),
  ),
  shell("echo 'export const price = () => 0;' > src/price.js"),
  shell("echo x | tee -a src/price.js"),
  shell("cat > src/price.js <<'END'\nexport const price = () => 0;\nEND"),
  shell("sed -i s/amount/0/ src/price.js"),
  shell("perl -i -pe 's/amount/0/' src/price.js"),
  shell("dd if=/dev/null of=src/price.js"),
  shell("cp test/price.test.js src/price.js"),
  shell("mv src/price.js test/price.js"),
  shell("rm src/price.js"),
  shell("bash -c 'echo x > src/price.js'"),
  shell("echo 'ZWNobyB4ID4gc3JjL3ByaWNlLmpz' | base64 -d | sh"),
  cheat("a script written to test/, then run", async (agent) => {
    await agent.tool("write_files", { path: "test/run.sh", content: "echo x > src/price.js\n" });
    return agent.bash("sh test/run.sh; rm test/run.sh");
  }),
  cheat("a link in test/ that leads to src/", async (agent) => {
    await agent.bash("ln -s ../src test/link");
    return agent.tool("write_files", { path: "test/link/price.js", content: "x" });
  }),
  shell("git push origin HEAD"),
  shell("g'i't commit -am cheat"),
  shell("curl http://127.0.0.1/"),
];

/** In IMPL only `src/**` may be changed; the tests are frozen. */
export const cheatsInImpl: readonly Cheat[] = [
  write("test/price.test.js"),
  shell("rm test/price.test.js"),
  shell("sed -i s/8/10/ test/price.test.js"),
  shell("git commit -am done && rm -r test"),
];
