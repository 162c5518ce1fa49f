import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { compileSchema } from "@phasegate/workflow";
import { parse } from "yaml";
import { CommandFailure, exitCodes } from "../failure.ts";
import { AttackFile, type AttackCase } from "./attack-case.ts";

export const attackFolder = fileURLToPath(new URL("../../../../test/corpus/attacks", import.meta.url));

const placesIn = compileSchema(AttackFile);

/** Every case of the corpus, in the order of its files. Fails with each place that does not fit the format. */
export function loadAttacks(folder: string = attackFolder): readonly AttackCase[] {
  const names = readdirSync(folder).filter((name) => name.endsWith(".yaml"));
  const cases = names.toSorted().flatMap((name) => readAttackFile(join(folder, name)));
  const repeated = cases.find(({ name }, index) => cases.findIndex((other) => other.name === name) !== index);
  if (repeated) throw new CommandFailure(exitCodes.refused, `two attacks are named \`${repeated.name}\``);
  return cases;
}

function readAttackFile(path: string): readonly AttackCase[] {
  const file: unknown = parse(readFileSync(path, "utf8"));
  const [first] = placesIn(file);
  if (first) throw new CommandFailure(exitCodes.refused, `\`${path}\` at \`${first.place}\`: ${first.message}`);
  return (file as AttackFile).cases;
}
