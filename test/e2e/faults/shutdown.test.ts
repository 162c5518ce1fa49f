import { expect, test } from "vitest";
import { Answered } from "../../harness/answered.ts";
import type { Agent } from "../../harness/agent.ts";
import { FaultBed } from "../../harness/fault-bed.ts";

const agents = 6;
const answersBeforeTheEnd = 60;

test("SIGTERM under load ends cleanly: what was answered is kept, the rest is refused with what to do", async () => {
  const bed = new FaultBed("shutdown");
  const server = await bed.start();
  const answered = new Answered();
  const refused = new Set<unknown>();
  const ending: { code: Promise<number | null> | null } = { code: null };
  const work = async (agent: Agent): Promise<void> => {
    for (let step = 0; ; step += 1) {
      const answer = await oneStep(agent, step).catch(() => null);
      // The connection was closed: nothing was answered.
      if (answer === null) return;
      if (answer.status !== 200) refused.add(answer.body["code"]);
      answered.note(agent.taskId, answer.body);
      if (answered.count >= answersBeforeTheEnd) ending.code ??= server.end();
    }
  };
  const names = Array.from({ length: agents }, (_, index) => `agent-${index}`);
  const holders = await Promise.all(names.map((name) => server.newAgent(name)));
  const sleeper = await server.newAgent("sleeper");
  // Longer than the test may take.
  const sleeping = sleeper.bash("echo begun > src/sleep.txt; sleep 60");
  await Promise.all(holders.map(work));
  expect(await ending.code).toBe(0);
  // Its command would run for a minute: it was ended, and what it had printed came back.
  expect(await sleeping).toMatchObject({ status: 400, body: { code: "tool_failed" } });
  // Calls that were running when the end came may say how they ended; no answer is a fault of the server's.
  for (const code of refused) expect(["shutting_down", "tool_failed", "workspace_unavailable"]).toContain(code);
  expect(await bed.verify()).toMatchObject({ code: 0 });

  const again = await bed.start();
  expect(answered.count).toBeGreaterThanOrEqual(answersBeforeTheEnd);
  expect(await answered.lost(again.operator)).toEqual([]);
  expect(await answered.open(again.operator)).toEqual([]);
});

function oneStep(agent: Agent, step: number) {
  if (step % 3 === 0) return agent.execute("write_files", { path: "src/b.txt", content: `${step}\n` });
  if (step % 3 === 1) return agent.execute("read_files", { path: "src/a.txt" });
  return agent.bash(`echo ${step} >> src/c.txt`);
}
