import { said } from "./answer.ts";
import type { Moment } from "./corpus-file.ts";
import type { Player } from "./player.ts";
import type { Step } from "./step.ts";

/** What is told of the way while it is gone. */
export interface Companion {
  /** Called at each moment of each phase. False: this is as far as one needs to go. */
  at(phase: string, moment: Moment): Promise<boolean>;
  /** A step of the honest way that has something to say is done. */
  did(note: string): void;
}

/** A step of ordinary work was not granted, or did not come to what it must: a false block. */
export class FalseBlock extends Error {
  readonly step: Step;

  constructor(step: Step, message: string) {
    super(message);
    this.name = "FalseBlock";
    this.step = step;
  }
}

/** Goes the honest way of the task's repository as far as the companion wants. Throws `FalseBlock`. */
export async function walkHonestly(player: Player, companion: Companion): Promise<void> {
  const { phases } = player.stage.kind.honest;
  const takeAll = async (steps: readonly Step[] = []): Promise<void> => {
    for (const step of steps) {
      await mustPass(player, step);
      if (step.note !== undefined) companion.did(player.filledText(step.note));
    }
  };
  for (const { phase, work, ask, leave } of phases) {
    if (!(await companion.at(phase, "entered"))) return;
    await takeAll(work);
    if (!(await companion.at(phase, "ready"))) return;
    if (ask !== undefined) {
      await takeAll(ask);
      if (!(await companion.at(phase, "awaiting_approval"))) return;
    }
    await takeAll(leave);
  }
  await companion.at(phases.at(-1)?.phase ?? "", "ended");
}

/** Takes a step of ordinary work: its commands exit with 0 where it says nothing else. Throws `FalseBlock`. */
export async function mustPass(player: Player, step: Step): Promise<void> {
  const { answer, wrong } = await player.take(step, { commandsSucceed: true });
  if (wrong.length === 0) return;
  const what = JSON.stringify(step).slice(0, 200);
  const text = answer.text.replaceAll(token, "(token)").slice(0, 1_000);
  throw new FalseBlock(step, `${what} came to ${said(answer)}: ${wrong.join("; ")}: ${text}`);
}

/** What is printed of an answer holds no credential. */
const token = /eyJ[\w-]+\.[\w-]+\.[\w-]+/g;
