import { readdirSync, readFileSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { parse } from "yaml";
import { root } from "../bootstrap/paths.mjs";

/** A promise with the change that breaks it and the test that goes red by that. */
export interface Twin {
  /** The name of its table. */
  readonly area: string;
  /** What holds while the rule is on. */
  readonly promise: string;
  /** The file that the rule stands in. */
  readonly rule: string;
  readonly find: string;
  /** What stands there when the rule is off. */
  readonly replace: string;
  /** The test file that must notice. */
  readonly test: string;
  /** Part of the title of the test that goes red. */
  readonly named: string;
  /** The file that the title is written in, where that is another than `test`. */
  readonly titles?: string;
}

const text = { type: "string", minLength: 1, maxLength: 4_000 };
const fits = new Ajv2020({ allErrors: true }).compile<{ readonly twins: readonly Omit<Twin, "area">[] }>({
  type: "object",
  required: ["twins"],
  additionalProperties: false,
  properties: {
    twins: {
      type: "array",
      minItems: 1,
      items: {
        type: "object",
        required: ["promise", "rule", "find", "replace", "test", "named"],
        additionalProperties: false,
        properties: {
          promise: { ...text, maxLength: 200 },
          rule: text,
          find: text,
          replace: { type: "string", maxLength: 4_000 },
          test: text,
          named: text,
          titles: text,
        },
      },
    },
  },
});

/** Every row of every table. Throws with the places that do not fit the format. */
export function loadTwins(folder: string = join(root, "test/twins")): readonly Twin[] {
  const names = readdirSync(folder).filter((name) => name.endsWith(".yaml"));
  return names.toSorted().flatMap((name) => {
    const path = join(folder, name);
    const table: unknown = parse(readFileSync(path, "utf8"), { uniqueKeys: true });
    if (fits(table)) return table.twins.map((row) => ({ ...row, area: basename(name, ".yaml") }));
    const places = (fits.errors ?? []).map(({ instancePath, message }) => `\`${instancePath}\` ${message ?? ""}`);
    throw new Error(places.map((place) => `${relative(root, path)}: ${place}`).join("\n"));
  });
}

/** The file with the rule switched off; why not, where the text to find is not there exactly once. */
export function switchedOff(twin: Pick<Twin, "find" | "replace" | "rule">, source: string) {
  const found = source.split(twin.find).length - 1;
  if (found !== 1) return { off: null, why: `the text stands ${found} times in ${twin.rule}` } as const;
  // A function: `$&` in a replacement stands for itself.
  return { off: source.replace(twin.find, () => twin.replace), why: null } as const;
}
