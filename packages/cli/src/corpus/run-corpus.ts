import pLimit from "p-limit";
import { assuranceSuffices } from "@phasegate/wire";
import { attempt, playThrough, type AttackResult, type BenignResult } from "./attempt.ts";
import { attemptAt, levels, type AttackCase, type BenignCase, type Level, type Place } from "./corpus-file.ts";
import { walkHonestly } from "./honest-way.ts";
import { Player } from "./player.ts";
import { readKind, type RepositoryKind } from "./repository-kind.ts";
import { Stage } from "./stage.ts";

export interface CorpusOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly attacks: readonly AttackCase[];
  readonly benign: readonly BenignCase[];
  /** Default: all that this machine gives. */
  readonly levels?: readonly Level[];
  /** Tasks in work at once. */
  readonly concurrency?: number;
  /** A kind's workflow with something changed: to show that the corpus fails where a rule is off. */
  readonly workflowOf?: (kind: RepositoryKind) => string;
  /** Hears of each result as it comes. */
  readonly listener?: (result: LeveledAttack | LeveledBenign) => void;
}

export interface LeveledAttack extends AttackResult {
  readonly level: Level;
}

export interface LeveledBenign extends BenignResult {
  readonly level: Level;
}

export interface CorpusReport {
  /** At which it was run. */
  readonly levels: readonly Level[];
  readonly attacks: readonly LeveledAttack[];
  readonly benign: readonly LeveledBenign[];
  /** Kinds whose toolchain is not on this machine, whose cases were not tried. */
  readonly skipped: readonly { readonly name: string; readonly missing: string }[];
}

const defaultConcurrency = 5;
/** Cases that are tried on one task, one after the other. */
const casesOfOneTask = 16;

/** Why the corpora do not hold; empty when nothing got through and nothing honest was blocked. */
export function failuresOf({ attacks, benign }: Pick<CorpusReport, "attacks" | "benign">): readonly string[] {
  const wrong = attacks.filter(({ outcome }) => outcome === "through" || outcome === "otherwise");
  const blocked = benign.filter(({ block }) => block !== null);
  return [
    ...wrong.map(
      ({ attack, level, outcome, seen }) =>
        `${outcome}: ${attack.class} \`${attack.name}\` (${attack.kind}, ${level}): ${seen}`,
    ),
    ...blocked.map(({ sequence, block }) => `false block: \`${sequence.name}\` (${sequence.kind}): ${block ?? ""}`),
  ];
}

/**
 * Every attack at every level where something must come of it, every ordinary sequence at the highest. One server for
 * each kind and level; a case whose steps reach beyond its task has its own.
 */
export async function runCorpus(options: CorpusOptions): Promise<CorpusReport> {
  const names = new Set([...options.attacks, ...options.benign].map(({ kind }) => kind));
  const read = [...names].toSorted().map((name) => readKind(name));
  const kinds = read.filter((kind): kind is RepositoryKind => !("missing" in kind));
  const skipped = read.filter((kind) => "missing" in kind);
  await using stages = new Stages(options);
  const tried = await levelsOf(options, stages, kinds);
  const limit = pLimit(options.concurrency ?? defaultConcurrency);
  const attacks: LeveledAttack[] = [];
  const benign: LeveledBenign[] = [];
  const hear = options.listener ?? (() => undefined);
  const ride = <Case extends Place & OwnServer>(place: Ground, cases: readonly Case[], play: Play<Case>) =>
    ridesOf(cases).map((group) => limit(() => rideAll({ ...place, stages }, group, play)));

  const attacksAt = (kind: RepositoryKind, level: Level): readonly Promise<void>[] => {
    const record = (result: AttackResult): void => {
      const leveled = { ...result, level };
      attacks.push(leveled);
      hear(leveled);
    };
    const own = options.attacks.filter((attack) => attack.kind === kind.name);
    for (const attack of own.filter((one) => attemptAt(one, level) === null)) record(beyond(attack));
    return ride(
      { kind, level },
      own.filter((one) => attemptAt(one, level) !== null),
      {
        play: async (player, attack) => {
          const result = await attempt(player, attack, level);
          record(result);
          return result.left;
        },
        miss: (attack, why) => record({ attack, outcome: "otherwise", seen: why, left: [] }),
      },
    );
  };
  const benignAt = (kind: RepositoryKind, level: Level): readonly Promise<void>[] => {
    const record = (result: BenignResult): void => {
      const leveled = { ...result, level };
      benign.push(leveled);
      hear(leveled);
    };
    return ride(
      { kind, level },
      options.benign.filter((sequence) => sequence.kind === kind.name),
      {
        play: async (player, sequence) => {
          const result = await playThrough(player, sequence);
          record(result);
          return result.left;
        },
        miss: (sequence, why) => record({ sequence, block: why, left: [] }),
      },
    );
  };
  const highest = tried.at(-1) ?? "mediated";
  await Promise.all(
    kinds.flatMap((kind) =>
      tried.map(async (level) => {
        await Promise.all([...attacksAt(kind, level), ...(level === highest ? benignAt(kind, level) : [])]);
        await stages.close(kind, level);
      }),
    ),
  );
  return { levels: tried, attacks, benign, skipped };
}

interface OwnServer {
  readonly ownServer: boolean;
  readonly ownProcess: boolean;
}

interface Ground {
  readonly kind: RepositoryKind;
  readonly level: Level;
}

interface Play<Case> {
  /** Answers what the case left behind. */
  play(player: Player, one: Case): Promise<readonly string[]>;
  /** The honest way never came by the case's place. */
  miss(one: Case, why: string): void;
}

function beyond(attack: AttackCase): AttackResult {
  return { attack, outcome: "beyond", seen: `not tried: needs \`${attack.level}\``, left: [] };
}

/** The levels that are wanted and that this machine gives. */
async function levelsOf(
  { levels: wanted = levels }: CorpusOptions,
  stages: Stages,
  [kind]: readonly RepositoryKind[],
): Promise<readonly Level[]> {
  if (kind === undefined || !wanted.includes("sandboxed")) return wanted;
  const { server } = await stages.shared(kind, "sandboxed");
  return assuranceSuffices(server.assurance, "sandboxed") ? wanted : wanted.filter((one) => one === "mediated");
}

/** Cases that begin at the same place, in groups that share a task; one with a server of its own is alone. */
function ridesOf<Case extends Place & OwnServer>(cases: readonly Case[]): readonly (readonly Case[])[] {
  const rides: Case[][] = [];
  const open = new Map<string, Case[]>();
  for (const one of cases) {
    const key = `${one.phase} ${one.moment}`;
    const ride = one.ownServer ? undefined : open.get(key);
    if (ride !== undefined && ride.length < casesOfOneTask) ride.push(one);
    else {
      const fresh = [one];
      rides.push(fresh);
      if (!one.ownServer) open.set(key, fresh);
    }
  }
  return rides;
}

/** Plays cases on one task, one after the other; what a case left behind makes the next ones take a new task. */
async function rideAll<Case extends Place & OwnServer>(
  ground: Ground & { readonly stages: Stages },
  ride: readonly Case[],
  play: Play<Case>,
): Promise<void> {
  const open = [...ride];
  while (open[0] !== undefined) {
    const reachesForOther = open.some((one) => /other_|other task/.test(JSON.stringify(one)));
    const why = await onTask({ ...ground, reachesForOther }, open[0], async (player) => {
      for (let one = open.shift(); one !== undefined; one = open.shift()) {
        const left = await play.play(player, one).catch((error: unknown) => {
          if (one !== undefined) play.miss(one, `the run failed: ${String(error)}`);
          return ["what the run did"];
        });
        if (left.length > 0) break;
      }
    });
    if (why === null) continue;
    for (const one of open.splice(0)) play.miss(one, why);
  }
}

/** Does something with a fresh task that stands at a place. Null; or why the honest way never came by it. */
async function onTask(
  { stages, kind, level, reachesForOther }: Ground & { readonly stages: Stages; readonly reachesForOther: boolean },
  place: Place & OwnServer,
  work: (player: Player) => Promise<void>,
): Promise<string | null> {
  let own: Stage | null = null;
  let isReached = false;
  try {
    own = place.ownServer ? await stages.open(kind, level, place.ownProcess) : null;
    const player = await Player.seat(own ?? (await stages.shared(kind, level)), reachesForOther);
    try {
      await walkHonestly(player, {
        did: () => undefined,
        at: async (phase, moment) => {
          const isThere = phase === place.phase && moment === place.moment;
          if (!isThere) return true;
          isReached = true;
          await work(player);
          return false;
        },
      });
    } finally {
      await player.leave();
    }
  } catch (error) {
    return `on the way there: ${error instanceof Error ? error.message : String(error)}`;
  } finally {
    await own?.[Symbol.asyncDispose]();
  }
  return isReached ? null : `the honest way has no moment \`${place.moment}\` in \`${place.phase}\``;
}

/** The servers of a run: one for each kind and level, opened when it is first needed. */
class Stages implements AsyncDisposable {
  readonly #options: CorpusOptions;
  readonly #shared = new Map<string, Promise<Stage>>();

  constructor(options: CorpusOptions) {
    this.#options = options;
  }

  shared(kind: RepositoryKind, level: Level): Promise<Stage> {
    const key = `${kind.name} ${level}`;
    const known = this.#shared.get(key);
    if (known !== undefined) return known;
    const opened = this.open(kind, level);
    this.#shared.set(key, opened);
    return opened;
  }

  /** What a server no longer needs slows the others: starting a process costs by the memory of who starts it. */
  async close(kind: RepositoryKind, level: Level): Promise<void> {
    const key = `${kind.name} ${level}`;
    const opened = this.#shared.get(key);
    this.#shared.delete(key);
    await (await opened)?.[Symbol.asyncDispose]();
  }

  open(kind: RepositoryKind, level: Level, ownProcess = false): Promise<Stage> {
    const { env, workflowOf } = this.#options;
    const sandbox = level === "sandboxed" ? "auto" : "off";
    return Stage.set({ kind, env, workflow: workflowOf?.(kind), sandbox, ownProcess });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const opened of await Promise.allSettled(this.#shared.values())) {
      if (opened.status === "fulfilled") await opened.value[Symbol.asyncDispose]();
    }
  }
}
