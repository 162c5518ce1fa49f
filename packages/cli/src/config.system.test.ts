import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { phasegate } from "./cli-under-test.ts";
import { operatorKey, repositoryWith, serve } from "./serve-under-test.ts";

test("settings are set in the file and read again by the running server; a wrong file changes nothing", async () => {
  const cwd = repositoryWith({ "phasegate.yaml": "tasks:\n  lease_seconds: 60 # short\n" });
  const file = join(cwd, "phasegate.yaml");
  await using server = await serve(cwd);
  const env = { PHASEGATE_URL: server.url, PHASEGATE_KEY: operatorKey };
  const set = await phasegate(["config", "set", "tasks.lease_seconds", "90"], { cwd });
  expect(set.out).toContain("it holds from `phasegate config reload`");
  expect(readFileSync(file, "utf8")).toBe("tasks:\n  lease_seconds: 90 # short\n");
  const reloaded = await phasegate(["config", "reload"], { cwd, env });
  expect(reloaded.out).toBe("tasks.lease_seconds: 60 -> 90 (runtime)\n");

  const live = await phasegate(["config", "set", "server.body_limit_bytes", "2048", "--server", server.url], { cwd, env });
  expect(live.out).toContain("(restart)\nwaiting for a restart: server.body_limit_bytes");
  const locked = await phasegate(["config", "set", "security.auth", "open", "--server", server.url], { cwd, env });
  expect([locked.code, locked.error]).toEqual([1, expect.stringContaining("never changes at run time")]);

  writeFileSync(file, "tasks: { lease_seconds: 1 }\nlogging: { level: loud }\n");
  const wrong = await phasegate(["config", "reload"], { cwd, env });
  expect([wrong.code, wrong.error]).toEqual([1, expect.stringContaining("`tasks.lease_seconds` cannot be `1`")]);
  expect(server.errors.join("\n")).toContain("config_invalid");
  const events = await phasegate(["events", "--type", "config.rejected", "--json"], { cwd, env });
  expect(events.out).toContain("`tasks.lease_seconds` cannot be `1`");
});
