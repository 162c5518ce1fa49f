export type { ServerContext } from "./context.ts";
