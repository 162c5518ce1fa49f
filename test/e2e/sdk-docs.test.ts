import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { AgentClient } from "@phasegate/sdk";
import type { Api } from "../harness/api.ts";
import { temporaryDirectory } from "../harness/repository.ts";
import { TestServer } from "../harness/server.ts";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../../", import.meta.url));
const page = readFileSync(join(root, "docs/agent-sdk.md"), "utf8");

/**
 * Fenced blocks in order. A block `text` that follows a program is what it prints, `…` standing for what differs from
 * run to run; a block `yaml` right before it is its workflow, in place of the page's.
 */
const blocks = [...page.matchAll(/^```(\w*)\n(.*?)^```$/gms)].map((match) => ({
  line: page.slice(0, match.index).split("\n").length,
  language: match[1] ?? "",
  text: match[2] ?? "",
}));
const pageWorkflow = blocks.find(({ language }) => language === "yaml")?.text ?? "";
const programs = blocks.flatMap(({ language, line, text }, index) => {
  if (language !== "ts") return [];
  const next = blocks[index + 1];
  const before = blocks[index - 1];
  const workflow = before?.language === "yaml" ? before.text : pageWorkflow;
  return [{ line, text, workflow, prints: next?.language === "text" ? next.text : null }];
});

const { path: folder, remove } = temporaryDirectory("sdk-docs");
const files = programs.map(({ line }) => join(folder, `line-${line}.ts`));

beforeAll(() => {
  mkdirSync(folder, { recursive: true });
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }\n');
  for (const [index, { text }] of programs.entries()) writeFileSync(files[index] ?? "", text);
});
afterAll(remove);

test("every program on the page compiles", async () => {
  const compilerOptions = { noEmit: true, composite: false, emitDeclarationOnly: false, declaration: false };
  const lenient = { noPropertyAccessFromIndexSignature: false, rewriteRelativeImportExtensions: false };
  const config = {
    extends: join(root, "tsconfig.base.json"),
    compilerOptions: { ...compilerOptions, ...lenient },
    files,
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  const compiled = await run(process.execPath, [tsc, "-p", folder]).catch((error: unknown) => error);
  expect(compiled).toMatchObject({ stdout: "", stderr: "" });
});

test("an empty project can use the client after the page's own installation, and `tsc` with the page's options", async () => {
  const installation = /^npm install \/path\/to\/phasegate\/(\S+)$/m.exec(page)?.[1] ?? "";
  const { path: project, remove: removeProject } = temporaryDirectory("sdk-installed");
  onTestFinished(removeProject);
  mkdirSync(project, { recursive: true });
  writeFileSync(join(project, "package.json"), '{ "type": "module" }\n');
  const program =
    'import { AgentClient } from "@phasegate/sdk";\nconsole.log(typeof AgentClient, process.argv.length);\n';
  writeFileSync(join(project, "agent.ts"), program);
  await run("npm", ["install", "--offline", "--loglevel=error", join(root, installation)], { cwd: project });
  const ran = await run(process.execPath, ["agent.ts"], { cwd: project });
  expect(ran).toEqual({ stdout: "function 2\n", stderr: "" });
  mkdirSync(join(project, "node_modules/@types"), { recursive: true });
  for (const types of ["@types/node", "undici-types"]) {
    symlinkSync(join(root, "node_modules", types), join(project, "node_modules", types));
  }
  const switches = ["strict", "exactOptionalPropertyTypes", "allowImportingTsExtensions", "noEmit"];
  for (const name of switches) expect(page).toContain(`\`${name}\``);
  const compilerOptions = {
    ...Object.fromEntries(switches.map((name) => [name, true])),
    module: "nodenext",
    target: "es2024",
    lib: ["es2025", "esnext.disposable"],
    types: ["node"],
  };
  writeFileSync(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["agent.ts"] }));
  const compiled = await run(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", project]);
  expect(compiled).toEqual({ stdout: "", stderr: "" });
});

const workflows = [...new Set(programs.map(({ workflow }) => workflow))].map((workflow) => ({
  workflow,
  name: /^name: (.*)$/m.exec(workflow)?.[1],
}));

describe.each(workflows)("every program on the page does what the page says, under $name", ({ workflow }) => {
  let server: TestServer;
  let person: Api;
  let key: string;
  beforeAll(async () => {
    server = await TestServer.start({
      workflow,
      files: {
        "src/price.js": "export const price = (count) => count;\n",
        "test/price.test.js": "// none yet\n",
        "package.json": '{ "type": "module" }\n',
      },
    });
    person = await server.withKey("person", "paula", ["approver"]);
    key = (await server.agent("agent-1")).key ?? "";
  });
  afterAll(() => server.stop());

  /** Grants what the program says is to be approved. */
  async function approve(line: string): Promise<void> {
    const id = /^phasegate approve (\S+)$/m.exec(line)?.[1];
    if (id === undefined) return;
    const { digest } = (await person.get(`/approvals/${id}`)).body;
    await person.post(`/approvals/${id}/grant`, { digest });
  }

  test.each(programs.filter((program) => program.workflow === workflow))("at line $line", async ({ line, prints }) => {
    const created = await server.operator.post("/tasks", { title: "Ten or more cost a fifth less" });
    // The next program is to find its own task alone.
    onTestFinished(async () => {
      await server.operator.post(`/tasks/${String(created.body["id"])}/cancel`, { reason: "the example has ended" });
    });
    const env = { PATH: process.env["PATH"], PHASEGATE_URL: server.url, PHASEGATE_KEY: key };
    const running = run(process.execPath, [join(folder, `line-${line}.ts`)], { env });
    running.child.stdout?.on("data", (text: string) => void approve(text));
    const { stdout, stderr } = await running;
    expect(stderr).toBe("");
    if (prints !== null) expect(stdout).toMatch(printed(prints));
  });
});

function printed(text: string): RegExp {
  return new RegExp(
    `^${text
      .split("…")
      .map((part) => RegExp.escape(part))
      .join("\\S+")}$`,
  );
}

test("the page names every method of the client", () => {
  const methods = Object.getOwnPropertyNames(AgentClient.prototype).filter((name) => name !== "constructor");
  expect(methods.length).toBeGreaterThan(20);
  for (const method of methods) expect(page).toMatch(new RegExp(`\`(agent\\.)?${method}\\b`));
});

test("every block of the page is of a kind that is tried", () => {
  expect(new Set(blocks.map(({ language }) => language))).toEqual(new Set(["yaml", "", "ts", "text"]));
  expect(programs.length).toBeGreaterThan(10);
});
