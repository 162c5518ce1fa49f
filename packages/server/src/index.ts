export { startServer, type RunningServer, type StartOptions } from "./composition.ts";
