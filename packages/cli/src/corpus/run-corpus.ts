import pLimit from "p-limit";
import { assuranceSuffices } from "@phasegate/wire";
import { attempt, playThrough, type AttackResult, type BenignResult } from "./attempt.ts";
import { attemptAt, levels, type AttackCase, type BenignCase, type Level, type Place } from "./corpus-file.ts";
import { FalseBlock, walkHonestly } from "./honest-way.ts";
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
  const work = kinds.flatMap((kind) =>
    tried.flatMap((level) => {
      const own = options.attacks.filter((attack) => attack.kind === kind.name);
      const record = (result: AttackResult): void => {
        attacks.push({ ...result, level });
        hear({ ...result, level });
      };
      for (const attack of own.filter((one) => attemptAt(one, level) === null)) record(beyond(attack));
      return ridesOf(own.filter((one) => attemptAt(one, level) !== null)).map((ride) =>
        limit(() => rideAll(stages, kind, level, ride, record)),
      );
    }),
  );
  const highest = tried.at(-1) ?? "mediated";
  const plays = kinds.flatMap((kind) =>
    options.benign
      .filter((sequence) => sequence.kind === kind.name)
      .map((sequence) =>
        limit(async () => {
          const result = await onTask(stages, kind, highest, sequence, (player) => playThrough(player, sequence));
          const leveled = {
            ...("notReached" in result ? { sequence, block: result.notReached } : result),
            level: highest,
          };
          benign.push(leveled);
          hear(leveled);
        }),
      ),
  );
  await Promise.all([...work, ...plays]);
  return { levels: tried, attacks, benign, skipped };
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
  return assuranceSuffices(server.capabilities.assurance, "sandboxed")
    ? wanted
    : wanted.filter((one) => one === "mediated");
}

/** Cases that begin at the same place, in groups that share a task; one with a server of its own is alone. */
function ridesOf(attacks: readonly AttackCase[]): readonly (readonly AttackCase[])[] {
  const rides: AttackCase[][] = [];
  const open = new Map<string, AttackCase[]>();
  for (const attack of attacks) {
    const key = `${attack.phase} ${attack.moment}`;
    const ride = attack.ownServer ? undefined : open.get(key);
    if (ride !== undefined && ride.length < casesOfOneTask) ride.push(attack);
    else {
      const fresh = [attack];
      rides.push(fresh);
      if (!attack.ownServer) open.set(key, fresh);
    }
  }
  return rides;
}

/** Tries cases on one task, one after the other; what a case left behind makes the next ones take a new task. */
async function rideAll(
  stages: Stages,
  kind: RepositoryKind,
  level: Level,
  ride: readonly AttackCase[],
  record: (result: AttackResult) => void,
): Promise<void> {
  const open = [...ride];
  while (open[0] !== undefined) {
    const reached = await onTask<true>(stages, kind, level, open[0], async (player) => {
      for (let attack = open.shift(); attack !== undefined; attack = open.shift()) {
        const result = await attempt(player, attack, level);
        record(result);
        if (result.left.length > 0) break;
      }
      return true;
    });
    if (reached === true) continue;
    for (const attack of open.splice(0)) record({ attack, outcome: "otherwise", seen: reached.notReached, left: [] });
  }
}

interface NotReached {
  readonly notReached: string;
}

/** Does something with a fresh task that stands at a place, or says why the honest way never came by it. */
async function onTask<Result>(
  stages: Stages,
  kind: RepositoryKind,
  level: Level,
  place: Place & { readonly ownServer: boolean },
  work: (player: Player) => Promise<Result>,
): Promise<Result | NotReached> {
  const own = place.ownServer ? await stages.open(kind, level) : null;
  try {
    const player = await Player.seat(own ?? (await stages.shared(kind, level)));
    let result: Result | NotReached = {
      notReached: `the honest way has no moment \`${place.moment}\` in \`${place.phase}\``,
    };
    await walkHonestly(player, {
      did: () => undefined,
      at: async (phase, moment) => {
        const isThere = phase === place.phase && moment === place.moment;
        if (isThere) result = await work(player);
        return !isThere;
      },
    });
    return result;
  } catch (error) {
    if (!(error instanceof FalseBlock)) throw error;
    return { notReached: `on the way there: ${error.message}` };
  } finally {
    await own?.[Symbol.asyncDispose]();
  }
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

  open(kind: RepositoryKind, level: Level): Promise<Stage> {
    const { env, workflowOf } = this.#options;
    return Stage.set({ kind, env, workflow: workflowOf?.(kind), sandbox: level === "sandboxed" ? "auto" : "off" });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const opened of await Promise.allSettled(this.#shared.values())) {
      if (opened.status === "fulfilled") await opened.value[Symbol.asyncDispose]();
    }
  }
}
