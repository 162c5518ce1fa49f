export type { Config } from "./config.ts";
export { loadConfig, type LoadConfigOptions, type LoadedConfig } from "./load-config.ts";
export { settings, type Setting } from "./settings.ts";
