import { maxHistory, type PhaseStay } from "../task-state.ts";

/** The history with the stay that was open closed, and a new one begun. */
export function enterPhase(
  history: readonly PhaseStay[],
  entered: { readonly phase: string; readonly entry: number; readonly at: string },
): readonly PhaseStay[] {
  const begun = { phase: entered.phase, entry: entered.entry, enteredAt: entered.at, leftAt: null };
  return [...leavePhase(history, entered.at), begun].slice(-maxHistory);
}

/** The history with the stay that was open closed. */
export function leavePhase(history: readonly PhaseStay[], at: string): readonly PhaseStay[] {
  return history.map((stay) => (stay.leftAt === null ? { ...stay, leftAt: at } : stay));
}
