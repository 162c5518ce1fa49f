import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { valueAt } from "./compare-configs.ts";
import { loadConfig } from "./load-config.ts";

function load(text: string | null, env: Record<string, string> = {}) {
  const cwd = mkdtempSync(join(tmpdir(), "phasegate-older-"));
  if (text !== null) writeFileSync(join(cwd, "orchestrator.yaml"), text);
  return loadConfig({ cwd, env: { HOME: "/home/x", ...env } });
}

test.each([
  ["workflow: { workflow_file: w.yaml }", "workflow.file", "w.yaml"],
  ["workflow: { file: w.yaml }", "workflow.file", "w.yaml"],
  ["server: { host: 127.0.0.2 }", "server.host", "127.0.0.2"],
  ["server: { port: 9000 }", "server.port", 9000],
  ["server: { timeout_seconds: 5 }", "server.timeout_seconds", 5],
  ["security: { token_expiry_seconds: 60 }", "security.token_expiry_seconds", 60],
  ["security: { max_token_age_seconds: 60 }", "security.max_token_age_seconds", 60],
  ["security: { require_token_rotation: false }", "security.require_token_rotation", false],
  ["security: { jwt_secret_env_var: MY_SECRET }", "security.jwt_secret_env_var", "MY_SECRET"],
  ["security: { jwt_secret_env: MY_SECRET }", "security.jwt_secret_env_var", "MY_SECRET"],
  ["event: { max_history: 7 }", "events.max_history", 7],
  ["event: { webhooks: [{ url: 'http://h' }] }", "events.webhooks", [{ url: "http://h" }]],
  ["audit: { file: a.jsonl }", "audit.export_file", "a.jsonl"],
  ["audit: { log_file: a.jsonl }", "audit.export_file", "a.jsonl"],
  ["audit: { audit_file: a.jsonl }", "audit.export_file", "a.jsonl"],
  ["audit: { rotate_size_mb: 7 }", "audit.rotate_size_mb", 7],
  ["retry: { max_attempts: 7 }", "retry.max_attempts", 7],
  ["circuit_breaker: { failure_threshold: 7 }", "circuit_breaker.failure_threshold", 7],
  ["logging: { level: CRITICAL }", "logging.level", "error"],
  ["logging: { log_level: WARNING }", "logging.level", "warn"],
  ["logging: { level: INFO }", "logging.level", "info"],
  ["logging: { log_file: l.log }", "logging.file", "l.log"],
  ["logging: { format: text }", "logging.format", "pretty"],
  ["server: { port: null }", "server.port", 8000],
])("the older file's %s sets %s", (text, key, value) => {
  const { config, warnings } = load(text);
  expect(valueAt(config, key)).toEqual(value);
  expect(warnings).toEqual([]);
});

test.each([
  ["server", "workers"],
  ["state", "auto_save"],
  ["state", "checkpoint_interval"],
  ["state", "history_cleanup_interval"],
  ["state", "file"],
  ["audit", "max_entries"],
  ["audit", "auto_rotate"],
  ["event", "enable_event_persistence"],
])("the older file's %s.%s is accepted and has no effect", (section, key) => {
  expect(load(`${section}: { ${key}: 3 }`).warnings).toEqual([
    { place: expect.stringMatching(/^orchestrator\.yaml:1:\d+$/), message: expect.stringMatching(/^no-effect: /) },
  ]);
});

test.each([
  ["ORCHESTRATOR_SERVER_PORT", "9000", "server.port", 9000],
  ["ORCHESTRATOR_SERVER_HOST", "127.0.0.2", "server.host", "127.0.0.2"],
  ["ORCHESTRATOR_SECURITY_TOKEN_EXPIRY_SECONDS", "60", "security.token_expiry_seconds", 60],
  ["ORCHESTRATOR_SECURITY_JWT_SECRET_ENV_VAR", "MY_SECRET", "security.jwt_secret_env_var", "MY_SECRET"],
  ["ORCHESTRATOR_AUDIT_FILE", "a.jsonl", "audit.export_file", "a.jsonl"],
  ["ORCHESTRATOR_LOG_LEVEL", "WARNING", "logging.level", "warn"],
  ["ORCHESTRATOR_LOG_FILE", "l.log", "logging.file", "l.log"],
  ["ORCHESTRATOR_WORKFLOW_FILE", "w.yaml", "workflow.file", "w.yaml"],
] as const)("the older variable %s=%s sets %s, above the file", (variable, text, key, value) => {
  const { config, sources, warnings } = load("server: { port: 1 }", { [variable]: text });
  expect([valueAt(config, key), sources[key], warnings]).toEqual([value, variable, []]);
});

test.each(["ORCHESTRATOR_SERVER_WORKERS", "ORCHESTRATOR_STATE_FILE"])(
  "the older variable %s is accepted and has no effect",
  (variable) => {
    const message = `no-effect: \`${variable}\` is not used`;
    expect(load(null, { [variable]: "3" }).warnings).toEqual([{ place: variable, message }]);
  },
);

test("ORCHESTRATOR_JWT_SECRET is no unknown variable", () => {
  expect(load(null, { ORCHESTRATOR_JWT_SECRET: "s" }).warnings).toEqual([]);
});
