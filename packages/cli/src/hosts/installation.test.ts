import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { claudeCodeAssurance, claudeCodeCommandLine, installClaudeCode } from "./installation.ts";

const folder = mkdtempSync(join(tmpdir(), "phasegate-settings-"));
const file = join(folder, "settings.json");
afterAll(() => rmSync(folder, { recursive: true }));

test("the command line takes nothing but the hook's own word for a permission", () => {
  const line = claudeCodeCommandLine({ within: "/srv/it's" }, "/opt/node");
  expect(line).toMatch(
    /^\/usr\/bin\/env -i PATH=\/usr\/bin:\/bin '\/opt\/node' '\/.*\/phasegate-hook\.mjs' claude-code /,
  );
  expect(line).toContain(` --within '/srv/it'\\''s' --session-folder "$CLAUDE_PROJECT_DIR"`);
  expect(line).toMatch(/; \[ "\$\?" -eq 10 \] \|\| exit 2$/);
});

test("installed twice it is there once, and what others put there stays", () => {
  const other = { matcher: "Bash", hooks: [{ type: "command", command: "true" }] };
  writeFileSync(file, JSON.stringify({ model: "x", hooks: { PreToolUse: [other], Stop: [other] } }));
  installClaudeCode(file, {});
  installClaudeCode(file, {});
  const settings = JSON.parse(readFileSync(file, "utf8")) as { hooks: Record<string, unknown[]> };
  expect(settings).toMatchObject({ model: "x", hooks: { Stop: [other] } });
  expect(settings.hooks["PreToolUse"]).toEqual([
    other,
    { hooks: [{ type: "command", command: claudeCodeCommandLine({}), timeout: 30, onFailure: "block" }] },
  ]);
  expect(Object.keys(settings.hooks)).toEqual([
    "PreToolUse",
    "Stop",
    "PostToolUse",
    "PostToolUseFailure",
    "SessionStart",
  ]);
});

test("a hook that shares a group with an older one of ours stays", () => {
  const shared = {
    matcher: "*",
    hooks: [{ type: "command", command: "true" }, { command: "node phasegate-hook.mjs" }],
  };
  writeFileSync(file, JSON.stringify({ hooks: { PreToolUse: [shared] } }));
  installClaudeCode(file, {});
  const settings = JSON.parse(readFileSync(file, "utf8")) as { hooks: Record<string, unknown[]> };
  expect(settings.hooks["PreToolUse"]).toHaveLength(2);
  expect(settings.hooks["PreToolUse"]?.[0]).toEqual({ matcher: "*", hooks: [{ type: "command", command: "true" }] });
});

test("settings that cannot be read are left alone", () => {
  for (const text of ["{", "[]", '{"hooks":[]}', '{"hooks":{"PreToolUse":{}}}']) {
    writeFileSync(file, text);
    expect(() => installClaudeCode(file, {})).toThrow("cannot be read");
    expect(readFileSync(file, "utf8")).toBe(text);
  }
});

test("`hooked` needs an installation that the agent can change no part of", () => {
  rmSync(file);
  expect(claudeCodeAssurance(file, () => false)).toBe("observed");
  installClaudeCode(file, {});
  expect(claudeCodeAssurance(file, () => false)).toBe("hooked");
  expect(claudeCodeAssurance(file, (path) => path === file)).toBe("observed");
  expect(claudeCodeAssurance(file, (path) => path.endsWith("/bin"))).toBe("observed");
  // Who can put another folder in the place of one far above can put another hook there.
  expect(claudeCodeAssurance(file, (path) => path === "/opt", "/opt/tools/node/bin/node")).toBe("observed");
});
