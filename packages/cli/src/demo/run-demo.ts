import { AgentClient } from "@phasegate/sdk";
import type { AssuranceLevel } from "@phasegate/wire";
import { assuranceSuffices } from "@phasegate/wire";
import type { VerifyReport } from "@phasegate/ledger/verify";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { AttackCase, Moment } from "./attack-case.ts";
import { Attacker, type AttackResult } from "./attacker.ts";
import { finalTask, walkHonestly } from "./journey.ts";
import { setStage, type Stage, type StageOptions } from "./stage.ts";

export interface DemoOptions extends StageOptions {
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
  ended(stage: Stage): Promise<void>;
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
  await using stage = await setStage(options);
  const { listener } = options;
  const { assurance } = stage.server.capabilities;
  const results: AttackResult[] = [];
  const open = new Set(options.attacks);
  await using client = new AgentClient({ url: stage.server.url, key: stage.keys.agent, agentId: "agent-1" });
  const held = await client.claimTask({ taskId: stage.taskId });
  listener.started({ assurance, taskId: stage.taskId, workspace: held.workspace.path });
  const attacker = new Attacker(stage, held.workspace.path);

  const record = (result: AttackResult): void => {
    open.delete(result.attack);
    results.push(result);
    listener.tried(result);
  };
  let commit: string | null = null;
  let failure: string | null = null;
  try {
    commit = await walkHonestly(stage, client, {
      did: (what) => listener.did(what),
      at: async (phase, moment, approval) => {
        attacker.seeApproval(approval);
        const here = options.attacks.filter(
          (attack) => attack.phase === phase && (attack.moment ?? "entered") === moment,
        );
        if (here.length > 0) listener.phase(phase, moment, here.length);
        for (const attack of here) {
          record(
            assuranceSuffices(assurance, attack.level)
              ? await attacker.attempt(attack)
              : { attack, outcome: "beyond", seen: `not tried: needs \`${attack.level}\`` },
          );
        }
        if (moment !== "ended") await attacker.keepToken();
      },
    });
  } catch (error) {
    failure = error instanceof Error ? error.message : String(error);
  }
  for (const attack of open) record({ attack, outcome: "otherwise", seen: "its moment never came" });
  const { status } = await finalTask(stage);
  await listener.ended(stage);
  client.close();
  await stage.stop();
  return { assurance, results, commit, failure, taskStatus: status, audit: await verify(stage) };
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
