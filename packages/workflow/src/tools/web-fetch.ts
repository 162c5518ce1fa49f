import { unavailableTool } from "./unavailable.ts";

export const webFetch = unavailableTool("web_fetch");
