import { readFileSync } from "node:fs";
import { relative } from "node:path";
import { type Place, reasonCodes } from "@phasegate/wire";
import { checkNames, compileSchema } from "@phasegate/workflow";
import type { TSchema } from "typebox";
import { isMap, isNode, isSeq, LineCounter, parseDocument, type Document } from "yaml";
import { CommandFailure, exitCodes } from "../failure.ts";
import { type Expectation, stepSchemas, verbs } from "./step.ts";

const placesInStep = new Map(verbs.map((verb) => [verb, compileSchema(stepSchemas[verb])]));

/**
 * The content of a YAML file that fits `schema`, its steps the schema of their verbs. Fails with `file:line:column` of
 * every place that does not.
 */
export function readYamlFile(path: string, schema: TSchema): unknown {
  const lines = new LineCounter();
  const document = parseDocument(readFileSync(path, "utf8"), { lineCounter: lines, uniqueKeys: true });
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${relative(process.cwd(), path)}:${line}:${col}`;
  };
  const broken = document.errors.map((error) => `${at(error.pos[0])}: ${error.message.split("\n")[0] ?? ""}`);
  if (broken.length > 0) throw unfit(broken);
  const value: unknown = document.toJS();
  const places = onePerPlace([...compileSchema(schema)(value), ...stepPlaces(value, "")]);
  if (places.length > 0) throw unfit(places.map((place) => `${at(offsetOf(document, place.place))}: ${told(place)}`));
  return value;
}

function unfit(lines: readonly string[]): CommandFailure {
  return new CommandFailure(exitCodes.refused, lines.join("\n"), {
    hint: "test/corpus/README.md lists what a case may hold",
  });
}

function told({ place, message }: Place): string {
  return `\`${place}\`: ${message}`;
}

const stepLists = new Set(["setup", "attack", "cleanup", "steps", "work", "ask", "leave", "together"]);

/** Every place in every list of steps that does not fit its verb's schema. */
function stepPlaces(value: unknown, pointer: string): readonly Place[] {
  if (Array.isArray(value)) return value.flatMap((item, index) => stepPlaces(item, `${pointer}/${index}`));
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => {
    const below = `${pointer}/${key}`;
    if (!stepLists.has(key) || !Array.isArray(item)) return dataKeys.has(key) ? [] : stepPlaces(item, below);
    return item.flatMap((step, index) => placesIn(step, `${below}/${index}`));
  });
}

/** Members of steps that hold anything. */
const dataKeys = new Set(["args", "body", "artifacts", "complete", "headers", "content", "raw", "files"]);

function placesIn(step: unknown, pointer: string): readonly Place[] {
  if (typeof step !== "object" || step === null) return [{ place: pointer, message: "a step is a map" }];
  const named = verbs.filter((verb) => verb in step);
  const [verb] = named;
  // `complete` and `release` are also words of bodies; a step has one verb.
  if (verb === undefined || named.length > 1) {
    const found = named.length > 1 ? `, not ${named.map((name) => `\`${name}\``).join(" and ")}` : "";
    return [{ place: pointer, message: `a step has one of ${verbs.join(", ")}${found}` }];
  }
  const own = (placesInStep.get(verb)?.(step) ?? []).map(({ place, message }) => ({
    place: `${pointer}${place}`,
    message,
  }));
  return [...own, ...codePlaces(step, pointer), ...stepPlaces(step, pointer)];
}

/** Codes that no answer has, which would make a case wait for what cannot come. */
function codePlaces(step: object, pointer: string): readonly Place[] {
  const expect = "expect" in step ? (step.expect as Expectation | null) : null;
  const [code, codes] = [expect?.code ?? [], expect?.codes ?? {}];
  const known = (name: unknown): boolean => reasonCodes.some((one) => one === name);
  const unknown = (place: string) => (name: unknown) => ({
    place,
    message: `\`${String(name)}\` is no code that an answer has`,
  });
  return [
    ...[code]
      .flat()
      .filter((name) => !known(name))
      .map(unknown(`${pointer}/expect/code`)),
    ...Object.keys(codes)
      .filter((name) => !known(name) && !checkNames.includes(name) && !/^status \d+$/.test(name))
      .map(unknown(`${pointer}/expect/codes`)),
  ];
}

/** What each alternative of a place says, in one line. */
function onePerPlace(places: readonly Place[]): readonly Place[] {
  const messages = new Map<string, Set<string>>();
  for (const { place, message } of places) {
    const said = messages.get(place) ?? new Set();
    if (!message.endsWith("in anyOf")) said.add(message);
    messages.set(place, said);
  }
  return [...messages].map(([place, said]) => ({ place, message: [...said].join(" or ") }));
}

/** Where a JSON pointer, or what of it there is, stands in the text. */
function offsetOf(document: Document.Parsed, pointer: string): number {
  const keys = pointer
    .split("/")
    .slice(1)
    .map((key) => key.replaceAll("~1", "/").replaceAll("~0", "~"));
  let node: unknown = document.contents;
  let offset = 0;
  for (const key of keys) {
    if (isMap(node)) {
      const pair = node.items.find((item) => String(isNode(item.key) ? item.key.toJSON() : item.key) === key);
      if (!pair) break;
      if (isNode(pair.key)) offset = pair.key.range?.[0] ?? offset;
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(key)];
      if (isNode(node)) offset = node.range?.[0] ?? offset;
    } else break;
  }
  return offset;
}
