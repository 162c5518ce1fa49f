import type { AssuranceLevel } from "@phasegate/wire";
import { assuranceSuffices } from "@phasegate/wire";
import type { VerifyReport } from "@phasegate/ledger/verify";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { attempt, type AttackResult } from "../corpus/attempt.ts";
import type { AttackCase, Moment } from "../corpus/corpus-file.ts";
import { walkHonestly } from "../corpus/honest-way.ts";
import { Player } from "../corpus/player.ts";
import { readKind, type RepositoryKind } from "../corpus/repository-kind.ts";
import { Stage, type StageOptions } from "../corpus/stage.ts";

export interface DemoOptions extends Omit<StageOptions, "kind"> {
  /** Those that say so are tried. */
  readonly attacks: readonly AttackCase[];
  /** Hears of each step as it happens. */
  readonly listener: DemoListener;
}

export interface DemoListener {
  started(facts: { readonly assurance: AssuranceLevel; readonly taskId: string; readonly workspace: string }): void;
  phase(name: string, moment: Moment, attempts: number): void;
  tried(result: AttackResult): void;
  did(what: string): void;
  /** The ledger can still be asked; what it says is printed here. */
  ended(player: Player): Promise<void>;
}

export interface DemoReport {
  readonly assurance: AssuranceLevel;
  readonly results: readonly AttackResult[];
  /** Null when the task did not get there; `failure` says why. */
  readonly commit: string | null;
  readonly failure: string | null;
  readonly taskStatus: string;
  readonly audit: VerifyReport;
}

/** One server, one task, every attack at its place, and between them the honest way. Throws only when it cannot start. */
export async function runDemo(options: DemoOptions): Promise<DemoReport> {
  const attacks = options.attacks.filter(({ inDemo }) => inDemo);
  await using stage = await Stage.set({ ...options, kind: sampleKind() });
  const { listener } = options;
  const { assurance } = stage.server;
  const results: AttackResult[] = [];
  const open = new Set(attacks);
  const player = await Player.seat(stage);
  listener.started({ assurance, taskId: player.task.taskId, workspace: player.task.workspace });
  const record = (result: AttackResult): void => {
    open.delete(result.attack);
    results.push(result);
    listener.tried(result);
  };
  let failure: string | null = null;
  try {
    await walkHonestly(player, {
      did: (what) => listener.did(what),
      at: async (phase, moment) => {
        const here = attacks.filter((attack) => attack.phase === phase && attack.moment === moment);
        if (here.length > 0) listener.phase(phase, moment, here.length);
        for (const attack of here) {
          const result = await attempt(player, attack, assurance === "sandboxed" ? assurance : "mediated");
          record(result);
          if (result.left.length > 0 && result.outcome !== "through") {
            throw new Error(`the attack \`${attack.name}\` leaves ${result.left.join(", ")} behind`);
          }
        }
        return true;
      },
    });
  } catch (error) {
    failure = error instanceof Error ? error.message : String(error);
  }
  for (const attack of open) record({ attack, outcome: "otherwise", seen: "its moment never came", left: [] });
  const { status } = await player.state();
  await listener.ended(player);
  await stage.stop();
  const commit = player.kept("commit");
  return {
    assurance,
    results,
    commit: typeof commit === "string" ? commit : null,
    failure,
    taskStatus: status,
    audit: await verify(stage),
  };
}

/** The repository that ships with the product needs nothing but Node. */
function sampleKind(): RepositoryKind {
  const kind = readKind("node");
  if ("missing" in kind) throw new Error(`this machine lacks ${kind.missing}`);
  return kind;
}

async function verify({ dataDirectory }: Stage): Promise<VerifyReport> {
  const { verifyLedger } = await import("@phasegate/ledger/verify");
  const publicKey = readFileSync(join(dataDirectory, "keys", "ledger-head.pub.pem"), "utf8");
  return verifyLedger({ file: join(dataDirectory, "ledger.sqlite"), publicKeys: [publicKey] });
}

/** Why the demo did not show what it promises; empty when it did. */
export function failuresOf(report: DemoReport, required: AssuranceLevel | null): readonly string[] {
  const wrong = report.results.filter(({ outcome }) => outcome === "through" || outcome === "otherwise");
  return [
    ...(report.failure === null ? [] : [report.failure]),
    ...wrong.map(({ attack, outcome, seen }) => `${attack.class} \`${attack.name}\`: ${outcome}: ${seen}`),
    ...(report.taskStatus === "completed" && report.commit !== null ? [] : [`the task is \`${report.taskStatus}\``]),
    ...(report.audit.ok ? [] : ["the ledger does not verify"]),
    ...(required === null || assuranceSuffices(report.assurance, required)
      ? []
      : [`this machine gives \`${report.assurance}\`, \`${required}\` is required`]),
  ];
}
