/**
 * The older `orchestrator.yaml` and its variables: what each key became. Anything not listed here and not a
 * setting of today has no effect, and says so.
 */

/** Old path to new path. */
export const olderKeys: Readonly<Record<string, string>> = {
  "workflow.workflow_file": "workflow.file",
  "event.max_history": "events.max_history",
  "event.webhooks": "events.webhooks",
  "audit.file": "audit.export_file",
  "audit.log_file": "audit.export_file",
  "audit.audit_file": "audit.export_file",
  "logging.log_level": "logging.level",
  "logging.log_file": "logging.file",
  "security.jwt_secret_env": "security.jwt_secret_env_var",
};

/** Old variable to new path; null: accepted, without effect. */
export const olderVariables: Readonly<Record<string, string | null>> = {
  ORCHESTRATOR_SERVER_PORT: "server.port",
  ORCHESTRATOR_SERVER_HOST: "server.host",
  ORCHESTRATOR_SERVER_WORKERS: null,
  ORCHESTRATOR_SECURITY_TOKEN_EXPIRY_SECONDS: "security.token_expiry_seconds",
  ORCHESTRATOR_SECURITY_JWT_SECRET_ENV_VAR: "security.jwt_secret_env_var",
  ORCHESTRATOR_STATE_FILE: null,
  ORCHESTRATOR_AUDIT_FILE: "audit.export_file",
  ORCHESTRATOR_LOG_LEVEL: "logging.level",
  ORCHESTRATOR_LOG_FILE: "logging.file",
  ORCHESTRATOR_WORKFLOW_FILE: "workflow.file",
};

/** Read by the phase tokens where the variable of `security.jwt_secret_env_var` is not set. */
export const olderSecretVariable = "ORCHESTRATOR_JWT_SECRET";

/** Values that the older format spelled differently. */
export function translateOlderValue(path: string, value: unknown): unknown {
  if (path === "logging.level" && typeof value === "string") {
    const level = value.toLowerCase();
    return { warning: "warn", critical: "error", fatal: "error", notset: "trace" }[level] ?? level;
  }
  if (path === "logging.format") return value === "pretty" || value === "text" ? "pretty" : "json";
  return value;
}
