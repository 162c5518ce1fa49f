export {
  ConfigManager,
  type ConfigChange,
  type ConfigManagerOptions,
  type ConfigRecord,
  type ConfigReport,
  type ReloadedConfig,
  type SavedConfig,
  type SettingState,
} from "./config/index.ts";
export { startServer, type RunningServer, type StartOptions } from "./composition.ts";
export { EventBus, type EventBusOptions, type EventHandler, type Subscription } from "./events/event-bus.ts";
