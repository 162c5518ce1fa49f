/** The settings that the server runs with: defaults, then `phasegate.yaml`, then environment. See wire.md. */
export interface Config {
  readonly workflow: { readonly file: string; readonly dir: string | null };
  readonly server: {
    readonly host: string;
    readonly port: number;
    readonly timeout_seconds: number;
    readonly transition_wait_seconds: number;
    readonly body_limit_bytes: number;
  };
  readonly security: {
    readonly auth: "keys" | "open";
    readonly token_expiry_seconds: number;
    readonly max_token_age_seconds: number;
    readonly require_token_rotation: boolean;
    readonly jwt_secret_env_var: string;
  };
  readonly storage: { readonly data_dir: string; readonly url: string | null; readonly durability: "full" | "normal" };
  readonly tasks: { readonly ad_hoc_claims: boolean; readonly lease_seconds: number };
  readonly logging: {
    readonly level: "trace" | "debug" | "info" | "warn" | "error" | "silent";
    readonly format: "json" | "pretty";
    readonly file: string | null;
    readonly console: boolean;
  };
  readonly runner: {
    readonly sandbox: "auto" | "required" | "off";
    readonly workspaces_dir: string | null;
    readonly max_concurrent_runs: number;
  };
}
