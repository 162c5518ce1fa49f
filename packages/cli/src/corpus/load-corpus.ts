import { readdirSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { CommandFailure, exitCodes } from "../failure.ts";
import { AttackFile, BenignFile, type AttackCase, type Attempt, type BenignCase, type Place } from "./corpus-file.ts";
import { readYamlFile } from "./read-yaml-file.ts";
import { needsOwnServer, type Step } from "./step.ts";

export const corpusFolder = fileURLToPath(new URL("../../../../test/corpus", import.meta.url));

/** Every attack of a folder, in the order of its files. Fails with each place that does not fit the format. */
export function loadAttacks(folder: string = join(corpusFolder, "attacks")): readonly AttackCase[] {
  return distinct(yamlFiles(folder).flatMap((path) => attacksOf(path)));
}

/** Every ordinary sequence of a folder, in the order of its files. */
export function loadBenign(folder: string = join(corpusFolder, "benign")): readonly BenignCase[] {
  return distinct(yamlFiles(folder).flatMap((path) => sequencesOf(path)));
}

function yamlFiles(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".yaml"))
    .toSorted()
    .map((name) => join(folder, name));
}

function attacksOf(path: string): readonly AttackCase[] {
  const file = readYamlFile(path, AttackFile) as AttackFile;
  return file.cases.map((written) => {
    const { name, setup = [], at, own_server, own_process = false, ...rest } = { ...file.defaults, ...written };
    const attempt = attemptOf(rest);
    const atMediated = at?.mediated ? attemptOf({ ...rest, ...at.mediated }) : null;
    const level = rest.level ?? "mediated";
    const steps = [...setup, ...attempt.attack, ...attempt.cleanup, ...(atMediated?.attack ?? [])];
    const inDemo = file.demo === true;
    const attack: AttackCase = {
      name,
      class: rest.class ?? "",
      level,
      ...placeOf(rest),
      setup,
      ...attempt,
      atMediated,
      ownServer: own_process || (own_server ?? steps.some(needsOwnServer)),
      ownProcess: own_process,
      inDemo,
    };
    for (const wrong of problemsOf(attack)) throw misfit(path, name, wrong);
    return attack;
  });
}

function attemptOf(written: {
  readonly attack?: readonly Step[];
  readonly outcome?: Attempt["outcome"];
  readonly may_change?: readonly string[];
  readonly cleanup?: readonly Step[];
}): Attempt {
  return {
    attack: written.attack ?? [],
    outcome: written.outcome ?? "stopped",
    mayChange: written.may_change ?? [],
    cleanup: written.cleanup ?? [],
  };
}

/** What the schema cannot say. */
function problemsOf(attack: AttackCase): readonly string[] {
  const reported = [attack, attack.atMediated].filter((attempt) => attempt?.outcome === "reported");
  return [
    ...(attack.class === "" ? ["`class` is missing, here and in `defaults`"] : []),
    ...(attack.attack.length === 0 ? ["`attack` holds no step"] : []),
    ...(attack.attack.some((step) => step.expect !== undefined) ? [] : ["no step of `attack` has an `expect`"]),
    ...(reported.every((attempt) => attempt?.attack.some((step) => step.expect?.shows !== undefined))
      ? []
      : ["what is `reported` must have a step that expects `shows`"]),
    ...(attack.inDemo && (attack.kind !== "node" || attack.ownServer)
      ? ["the demo has one repository of kind `node` and one server"]
      : []),
  ];
}

function sequencesOf(path: string): readonly BenignCase[] {
  const file = readYamlFile(path, BenignFile) as BenignFile;
  return file.cases.map((written) => {
    const { name, steps, own_server, ...rest } = { ...file.defaults, ...written };
    const refused = steps.find((step, index) => expectsRefusal(step) && !isHeldUp(step, steps.slice(index + 1)));
    if (refused) throw misfit(path, name, "an ordinary sequence expects no refusal");
    return { name, ...placeOf(rest), steps, ownServer: own_server ?? steps.some(needsOwnServer), ownProcess: false };
  });
}

function expectsRefusal({ expect }: Step): boolean {
  const statuses = [expect?.status ?? []].flat();
  return expect?.code !== undefined || expect?.finding !== undefined || statuses.some((status) => status >= 400);
}

/** A gate that says what is missing is ordinary where the same move is made again later and granted. */
function isHeldUp(step: Step, later: readonly Step[]): boolean {
  if (!("transition" in step) || step.expect?.finding === undefined || step.expect.code !== undefined) return false;
  return later.some((one) => "transition" in one && one.transition === step.transition && !expectsRefusal(one));
}

function placeOf({ kind = "node", phase = "PLAN", moment = "entered" }: Partial<Place>): Place {
  return { kind, phase, moment };
}

function distinct<Case extends { readonly name: string; readonly kind: string }>(cases: readonly Case[]) {
  const seen = new Set<string>();
  for (const { name, kind } of cases) {
    const key = `${kind} ${name}`;
    if (seen.has(key))
      throw new CommandFailure(exitCodes.refused, `two cases of kind \`${kind}\` are named \`${name}\``);
    seen.add(key);
  }
  return cases;
}

function misfit(path: string, name: string, wrong: string): CommandFailure {
  return new CommandFailure(exitCodes.refused, `${relative(process.cwd(), path)}: \`${name}\`: ${wrong}`);
}
