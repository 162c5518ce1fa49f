import { readdirSync, readFileSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { type Static, Type } from "typebox";
import { parse } from "yaml";
import { compileSchema } from "../../packages/workflow/src/index.ts";
import { root } from "../bootstrap/paths.mjs";

/** Where the tables lie, one an area. */
export const twinFolder = join(root, "test/twins");

const text = Type.String({ minLength: 1, maxLength: 4_000 });

const TwinRow = Type.Object(
  {
    promise: Type.String({ minLength: 1, maxLength: 200, description: "what holds while the rule is on" }),
    rule: Type.String({ minLength: 1, description: "the file that the rule stands in" }),
    find: text,
    replace: Type.String({ maxLength: 4_000, description: "what stands there when the rule is off" }),
    test: Type.String({ minLength: 1, description: "the test file that must notice" }),
    named: Type.String({ minLength: 1, description: "part of the title of the test that goes red" }),
    titles: Type.Optional(Type.String({ description: "the file that the title is written in; default: `test`" })),
  },
  { additionalProperties: false },
);

const TwinFile = Type.Object({ twins: Type.Array(TwinRow, { minItems: 1 }) }, { additionalProperties: false });

/** A promise with the change that breaks it and the test that goes red by that. */
export type Twin = Static<typeof TwinRow> & { readonly area: string };

const misfits = compileSchema(TwinFile);

/** Every row of every table. Throws with the places that do not fit the format. */
export function loadTwins(folder: string = twinFolder): readonly Twin[] {
  const names = readdirSync(folder).filter((name) => name.endsWith(".yaml"));
  return names.toSorted().flatMap((name) => {
    const path = join(folder, name);
    const table: unknown = parse(readFileSync(path, "utf8"), { uniqueKeys: true });
    const places = misfits(table).map(({ place, message }) => `${relative(root, path)}: \`${place}\`: ${message}`);
    if (places.length > 0) throw new Error(places.join("\n"));
    return (table as Static<typeof TwinFile>).twins.map((row) => ({ ...row, area: basename(name, ".yaml") }));
  });
}

/** The file with the rule switched off; why not, where the text to find is not there exactly once. */
export function switchedOff(twin: Pick<Twin, "find" | "replace" | "rule">, source: string) {
  const found = source.split(twin.find).length - 1;
  if (found !== 1) return { off: null, why: `the text stands ${found} times in ${twin.rule}` } as const;
  // A function: `$&` in a replacement stands for itself.
  return { off: source.replace(twin.find, () => twin.replace), why: null } as const;
}
