import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Agent } from "../harness/agent.ts";
import { TestServer } from "../harness/server.ts";

const gate =
  "[{ reviews: [security] }, matches_plan, tests_are_meaningful, review_comments_addressed, no_commented_out_code]";
const workflow = `
name: reviewed
phases:
  - { id: REVIEW, tools: [read, edit], write: ["src/**"], gate: ${gate} }
  - { id: COMPLETE, tools: [read, git_commit] }
`;

describe("a review by a second principal", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start({ workflow, files: { "src/app.js": "export const one = 1;\n" } });
  });
  afterAll(() => server.stop());

  test("opens the gate only for the exact tree, and only when it passes", async () => {
    await server.operator.post("/tasks", { title: "Reviewed" });
    const agent = await Agent.claim(await server.agent("ada"), "ada");
    const reviewer = await server.withKey("agent", "rex", ["reviewer"]);
    await agent.execute("write_files", { path: "src/app.js", content: "export const one = eval('1');\n" });
    const path = `/reviews/${agent.taskId}`;
    const own = await agent.api.post(path, { model: "security", verdict: "pass" });
    expect(own.body).toMatchObject({ status: 403, code: "self_review" });
    expect((await agent.transition("COMPLETE")).body).toMatchObject({ allowed: false });

    const failed = await reviewer.post(path, {
      model: "security",
      verdict: "fail",
      findings: [{ severity: "blocking", message: "runs text as code", path: "src/app.js" }],
    });
    expect(failed.status).toBe(201);
    const first = await reviewer.get(path);
    expect(first.body).toMatchObject({ reviews: [{ verdict: "fail", findings: [{ message: "runs text as code" }] }] });
    expect((await agent.transition("COMPLETE")).body).toMatchObject({ allowed: false });

    await agent.execute("write_files", {
      path: "src/app.js",
      content: "// const two = 2;\n// const three = 3;\nexport const one = 1 + 0;\n",
    });
    const stale = await reviewer.post(path, { model: "security", verdict: "pass", tree: first.body["tree"] });
    expect(stale.body).toMatchObject({ status: 409, code: "review_other_tree" });
    const now = await reviewer.get(path);
    const pass = { model: "security", verdict: "pass", tree: now.body["tree"] };
    await reviewer.post(path, { ...pass, findings: [{ severity: "info", message: "a name says too little" }] });
    const open = await agent.transition("COMPLETE");
    expect(open.body).toMatchObject({
      allowed: false,
      findings: expect.arrayContaining(
        ["matches_plan", "tests_are_meaningful", "review_comments_addressed"].map((check) =>
          expect.objectContaining({ check, severity: "blocking" }),
        ),
      ),
    });
    const verdicts = { matches_plan: true, tests_are_meaningful: true };
    const passed = await reviewer.post(path, { ...pass, ...verdicts });
    expect(passed.body).toMatchObject({ verdict: "pass", model: "security", tree: now.body["tree"], ...verdicts });
    expect((await agent.transition("COMPLETE")).body).toMatchObject({
      allowed: true,
      findings: [{ check: "no_commented_out_code", message: "code behind comment signs in `src/app.js`" }],
    });
  });
});
