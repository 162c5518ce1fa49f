export { type ConfigChange } from "./compare-configs.ts";
export {
  ConfigManager,
  type ConfigManagerOptions,
  type ConfigRecord,
  type ConfigReport,
  type ReloadedConfig,
  type SavedConfig,
  type SettingState,
} from "./config-manager.ts";
export type { Config } from "./config.ts";
export { loadConfig, type LoadConfigOptions, type LoadedConfig } from "./load-config.ts";
export { readText, settings, type Setting } from "./settings.ts";
