import { unavailableTool } from "./unavailable.ts";

export const askUserQuestion = unavailableTool("ask_user_question");
