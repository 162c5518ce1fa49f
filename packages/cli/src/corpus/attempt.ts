import { isGranted, said } from "./answer.ts";
import { attemptAt, type AttackCase, type BenignCase, type Level } from "./corpus-file.ts";
import { FalseBlock, mustPass } from "./honest-way.ts";
import type { Player } from "./player.ts";
import type { Step } from "./step.ts";
import { changesBetween, readState } from "./task-state.ts";
import { leftBehind, readUntouched } from "./tidy.ts";

/** How one case ended. `through`: it got what it wanted. `otherwise`: refused, but not as the case says. */
export interface AttackResult {
  readonly attack: AttackCase;
  readonly outcome: "stopped" | "detected" | "reported" | "through" | "otherwise" | "beyond";
  /** Status and code of the last answer, and what is not as it must be. */
  readonly seen: string;
  /** What the case left behind: the task is not as it was, and no other case can be tried on it. */
  readonly left: readonly string[];
}

/** Tries a case on a task that stands at its place. */
export async function attempt(player: Player, attack: AttackCase, level: Level): Promise<AttackResult> {
  const tried = attemptAt(attack, level);
  if (tried === null) {
    return { attack, outcome: "beyond", seen: `not tried: needs \`${attack.level}\``, left: [] };
  }
  const untouched = await readUntouched(player);
  let last = "nothing was tried";
  try {
    for (const step of attack.setup) await mustPass(player, step);
    const before = attack.setup.length > 0 ? await readState(player) : untouched.state;
    let wrong: readonly string[] = [];
    let isThrough = false;
    for (const step of tried.attack) {
      const taken = await player.take(step);
      last = said(taken.answer);
      wrong = taken.wrong;
      // What was to be refused was granted.
      isThrough = wrong.length > 0 && isGranted(taken.answer);
      if (wrong.length > 0) break;
    }
    await comeToRest(player);
    const changes = changesBetween(before, await readState(player)).filter((what) => !tried.mayChange.includes(what));
    const seen = [last, ...wrong, ...changes.map((what) => `changed ${what}`)].join("; ");
    const outcome = isThrough || changes.length > 0 ? "through" : wrong.length > 0 ? "otherwise" : tried.outcome;
    // What got through may have changed what its cleanup stands on.
    const isClean = outcome === "through" || (await cleanUp(player, tried.cleanup));
    const steps = [...attack.setup, ...tried.attack];
    const left = isClean ? await leftBehind(player, untouched, steps) : ["what its cleanup leaves"];
    return isClean
      ? { attack, outcome, seen, left }
      : { attack, outcome: "otherwise", seen: `${seen}; its cleanup was refused`, left };
  } catch (error) {
    if (!(error instanceof FalseBlock)) throw error;
    await comeToRest(player);
    return { attack, outcome: "otherwise", seen: `${last}; ${error.message}`, left: ["what its set-up did"] };
  }
}

/** False when a step of it was refused. */
async function cleanUp(player: Player, steps: readonly Step[]): Promise<boolean> {
  for (const step of steps) {
    const { wrong } = await player.take(step, { commandsSucceed: true });
    if (wrong.length > 0) return false;
  }
  return true;
}

/** Nothing of the case runs any more, and the server answers. */
async function comeToRest(player: Player): Promise<void> {
  await player.settle();
  await player.stage.recover();
}

/** How one ordinary sequence ended. */
export interface BenignResult {
  readonly sequence: BenignCase;
  /** Null: every step was granted and came to what it must. */
  readonly block: string | null;
  /** What the sequence left behind; nothing: another can be played on the same task. */
  readonly left: readonly string[];
}

/** Plays a sequence on a task that stands at its place. */
export async function playThrough(player: Player, sequence: BenignCase): Promise<BenignResult> {
  const untouched = await readUntouched(player);
  let block: string | null = null;
  try {
    for (const step of sequence.steps) await mustPass(player, step);
  } catch (error) {
    if (!(error instanceof FalseBlock)) throw error;
    block = error.message;
  }
  await comeToRest(player);
  return { sequence, block, left: await leftBehind(player, untouched, sequence.steps) };
}
