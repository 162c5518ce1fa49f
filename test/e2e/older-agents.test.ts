import { cpSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Agent } from "../harness/agent.ts";
import { git } from "../harness/repository.ts";
import { TestServer } from "../harness/server.ts";

const fleet = fileURLToPath(new URL("../corpus/workflows/older", import.meta.url));

const results = (more: Record<string, unknown>) => ({
  command: "npm test",
  exit_code: 0,
  passed: 3,
  failed: 0,
  skipped: 0,
  timestamp: "2026-01-01T10:00:00Z",
  ...more,
});

const plan = {
  plan_document: {
    title: "Add a second number",
    acceptance_criteria: [{ criterion: "two is exported", how_to_verify: "test/two.test.js" }],
    implementation_steps: ["export two"],
    scope: { in_scope: ["src/app.js"], out_of_scope: ["everything else"], constraints: ["no dependency"] },
    open_questions: [],
  },
  scope_definition: { in_scope: ["src/app.js"], out_of_scope: ["everything else"], constraints: ["no dependency"] },
};
const tests = {
  test_files: {
    test_files: [{ path: "test/two.test.js", covers: ["two is exported"] }],
    coverage: { acceptance_criteria_covered: ["two is exported"] },
  },
  test_run_result: results({ exit_code: 1, passed: 2, failed: 1 }),
};
const implementation = {
  implementation_files: {
    files_changed: [{ path: "src/app.js", change_type: "modified" }],
    summary: "Exports the number two beside the number one, as the plan asks for it.",
  },
  test_run_result: results({ coverage: 91 }),
};
const review = {
  review_report: {
    reviews: {
      security: { status: "completed", issues: [] },
      quality: { status: "completed", issues: [] },
    },
    consolidated_issues: [],
    blocking_issues: [],
  },
};
const completion = {
  completion_summary: {
    summary:
      "The library now exports the number two beside the number one. One test covers it, and the review found nothing to change.",
    files_changed: ["src/app.js", "test/two.test.js"],
    tests_added: 1,
    acceptance_criteria_met: ["two is exported"],
  },
};

/** The six calls that existing agents speak, without a key, against a file of the older format. */
describe("an agent that knows only the older calls", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start({
      workflow: readFileSync(join(fleet, "agent_workflow.yaml"), "utf8"),
      files: { "src/app.js": "export const one = 1;\n" },
      settings: { "security.auth": "open", "tasks.ad_hoc_claims": true },
      prepare: (repository) => {
        cpSync(join(fleet, ".orchestrator"), join(repository, ".orchestrator"), { recursive: true });
        git(repository, "add", "--all");
        git(repository, "commit", "--quiet", "--message", "schemas");
      },
    });
  });
  afterAll(() => server.stop());

  test("takes a fresh task from the first phase to its end", async () => {
    const api = server.anonymous;
    const agent = await Agent.claim(api, "agent-1");
    expect(agent.phase).toBe("PLAN");

    const forbidden = await agent.execute("write_files", { path: "src/app.js", content: "x" });
    expect(forbidden.status).toBe(403);
    expect(String(forbidden.body["detail"])).toMatch(
      /^Tool 'write_files' not allowed in phase 'PLAN'\. Allowed tools: /,
    );
    const jump = await agent.transition("IMPL", plan);
    expect(jump.status).toBe(400);
    expect(String(jump.body["detail"])).toContain("No transition defined");
    const without = await agent.transition("TDD");
    expect(without.status).toBe(200);
    expect(without.body).toMatchObject({ allowed: false, new_token: null });
    expect(without.body["blockers"]).not.toHaveLength(0);

    const planToken = agent.token;
    expect((await agent.transition("TDD", plan)).body).toMatchObject({ allowed: true, blockers: [] });
    const earlier = await api.post("/tools/execute", {
      task_id: agent.taskId,
      phase_token: planToken,
      tool_name: "read_files",
      args: { path: "src/app.js" },
    });
    expect(earlier.status).toBe(403);
    expect(earlier.body["detail"]).toBe("Invalid or expired phase token");

    const written = await agent.execute("write_files", { path: "test/two.test.js", content: "// two is exported\n" });
    expect(written.body).toMatchObject({ result: { status: "success", bytes_written: 19 } });
    expect((await agent.execute("write_files", { path: "src/app.js", content: "x" })).status).toBe(403);
    expect((await agent.bash("git commit -m x")).body).toMatchObject({ code: "command_not_allowed" });
    expect((await agent.transition("IMPL", tests)).body).toMatchObject({ allowed: true, blockers: [] });

    const edited = await agent.execute("edit_files", {
      path: "src/app.js",
      old_text: "export const one = 1;",
      new_text: "export const one = 1;\nexport const two = 2;",
    });
    expect(edited.body).toMatchObject({ result: { status: "success", replacements: 1 } });
    expect((await agent.transition("REVIEW", implementation)).body).toMatchObject({ allowed: true });
    const found = await agent.execute("search_codebase", { pattern: "two", path: "src" });
    expect(found.body).toMatchObject({ result: { total: 1, matches: [{ file: "src/app.js", line: 2 }] } });
    // Such an agent has no other call to hand in what the last phase requires.
    expect((await agent.transition("COMPLETE", { ...review, ...completion })).body).toMatchObject({ allowed: true });

    const snapshot = await api.get(`/state/snapshot?phase_token=${agent.token}`);
    expect(snapshot.body).toMatchObject({ current_phase: "COMPLETE", completed_tasks: [], status: "active" });
    const audit = await api.get(`/audit/query?task_id=${agent.taskId}`);
    expect(audit.status).toBe(200);
    expect((audit.body["entries"] as unknown[]).length).toBeGreaterThan(10);
    expect((await api.get("/audit/stats")).body).toMatchObject({ tools_used: { write_files: 3 } });
    expect((await api.get("/audit/recent?count=2")).body["entries"]).toHaveLength(2);

    expect((await agent.execute("git_commit", { message: "Add two" })).body).toMatchObject({
      result: { status: "success" },
    });
    const log = git(server.repository, "log", "--format=%s", `phasegate/${agent.taskId}`);
    expect(log.split("\n")[0]).toBe("Add two");
    const task = await server.operator.get(`/tasks/${agent.taskId}`);
    expect(task.body).toMatchObject({ phase: "COMPLETE", status: "completed", self_reported: true });
  });

  test("cannot do what needs a key", async () => {
    for (const path of ["/tasks", "/workflows", "/keys"]) expect((await server.anonymous.get(path)).status).toBe(401);
    expect((await server.anonymous.post("/tasks", { title: "x" })).status).toBe(401);
    expect((await server.anonymous.get("/health")).body).toMatchObject({ auth: "open", status: "healthy" });
  });
});
