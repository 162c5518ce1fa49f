import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { attemptAt } from "./corpus-file.ts";
import { loadAttacks, loadBenign } from "./load-corpus.ts";

const folder = mkdtempSync(join(tmpdir(), "phasegate-corpus-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Why a file with this text does not load, without the folder; null when it does. */
function refusal(load: (folder: string) => unknown, text: string): string | null {
  writeFileSync(join(folder, "one.yaml"), text);
  try {
    load(folder);
    return null;
  } catch (error) {
    return (error as Error).message.replaceAll(/^.*one\.yaml/gm, "one.yaml");
  }
}

const head = "about: one\ncases:\n  - name: tried\n";

test.each([
  ["YAML that does not parse", `${head}    class: [A1\n`, /^one\.yaml:5:1: Flow sequence /],
  ["a key twice", `${head}    name: twice\n`, /^one\.yaml:4:5: Map keys must be unique/],
  ["an unknown member", `${head}    klass: A1\n    attack: []\n`, "one.yaml:4:5: `/cases/0/klass`: unknown member"],
  [
    "a step without a verb",
    `${head}    class: A1\n    attack:\n      - { command: ls }\n`,
    /^one\.yaml:6:9: `\/cases\/0\/attack\/0`: a step has one of tool, bash, write, /,
  ],
  [
    "a step with two verbs",
    `${head}    class: A1\n    attack:\n      - { bash: ls, transition: IMPL }\n`,
    /^one\.yaml:6:9: .*, not `bash` and `transition`$/,
  ],
  [
    "an unknown member of a step",
    `${head}    class: A1\n    attack:\n      - together:\n          - { bash: ls, expects: { status: 200 } }\n`,
    "one.yaml:7:25: `/cases/0/attack/0/together/0/expects`: unknown member",
  ],
  [
    "a code that no answer has",
    `${head}    class: A1\n    attack:\n      - { bash: ls, expect: { code: rolled_bak } }\n`,
    "one.yaml:6:31: `/cases/0/attack/0/expect/code`: `rolled_bak` is no code that an answer has",
  ],
  [
    "no class",
    `${head}    attack: [{ bash: ls, expect: {} }]\n`,
    "one.yaml: `tried`: `class` is missing, here and in `defaults`",
  ],
  ["nothing tried", `${head}    class: A1\n    attack: []\n`, /`attack` holds no step/],
  [
    "nothing expected",
    `${head}    class: A1\n    attack: [{ bash: ls }]\n`,
    "one.yaml: `tried`: no step of `attack` has an `expect`",
  ],
  [
    "reported without what a person sees",
    `${head}    class: A1\n    outcome: reported\n    attack: [{ bash: ls, expect: { status: 200 } }]\n`,
    /must have a step that expects `shows`/,
  ],
  [
    "a case of the demo with a server of its own",
    "about: one\ndemo: true\ncases: [{ name: tried, class: A1, attack: [{ advance: 5, expect: {} }] }]\n",
    /the demo has one repository of kind `node` and one server/,
  ],
  [
    "two of one name",
    "about: one\ndefaults: { class: A1 }\ncases:\n" +
      "  - { name: tried, attack: [{ bash: ls, expect: {} }] }\n  - { name: tried, attack: [{ bash: ls, expect: {} }] }\n",
    "two cases of kind `node` are named `tried`",
  ],
])("an attack file with %s does not load", (_, text, expected) => {
  expect(refusal(loadAttacks, text)).toEqual(typeof expected === "string" ? expected : expect.stringMatching(expected));
});

test("an ordinary sequence that expects a refusal does not load", () => {
  expect(refusal(loadBenign, `${head}    steps: [{ bash: ls, expect: { code: rolled_back } }]\n`)).toBe(
    "one.yaml: `tried`: an ordinary sequence expects no refusal",
  );
});

test("an ordinary sequence may be held up by a gate that it passes later", () => {
  const held = "{ transition: TDD, expect: { finding: has_summary } }";
  expect(refusal(loadBenign, `${head}    steps: [${held}, { transition: TDD }]\n`)).toBeNull();
  for (const steps of [held, `${held}, ${held}`, `{ transition: TDD }, ${held}`, `${held}, { transition: IMPL }`]) {
    expect(refusal(loadBenign, `${head}    steps: [${steps}]\n`)).toBe(
      "one.yaml: `tried`: an ordinary sequence expects no refusal",
    );
  }
});

test("what a case leaves out comes from the file's defaults, then from the format", () => {
  writeFileSync(
    join(folder, "one.yaml"),
    "about: one\ndefaults: { class: A1, phase: TDD }\ncases:\n" +
      "  - { name: one, attack: [{ bash: ls, expect: {} }] }\n" +
      "  - { name: two, class: B2, phase: PLAN, level: sandboxed, attack: [{ server: stop, expect: {} }] }\n" +
      "  - name: three\n    level: sandboxed\n    attack: [{ bash: a, expect: {} }]\n" +
      "    at: { mediated: { attack: [{ bash: b, expect: {} }], outcome: detected } }\n",
  );
  const [one, two, three] = loadAttacks(folder);
  expect(one).toMatchObject({ class: "A1", kind: "node", phase: "TDD", moment: "entered", level: "mediated" });
  expect(one).toMatchObject({ outcome: "stopped", ownServer: false, inDemo: false });
  expect(two).toMatchObject({ class: "B2", phase: "PLAN", ownServer: true });
  expect(two && attemptAt(two, "mediated")).toBeNull();
  expect(three && attemptAt(three, "mediated")).toMatchObject({ attack: [{ bash: "b" }], outcome: "detected" });
  expect(three && attemptAt(three, "sandboxed")).toMatchObject({ attack: [{ bash: "a" }], outcome: "stopped" });
});

test("the corpus of this project loads", () => {
  expect(loadAttacks().length).toBeGreaterThan(100);
  expect(loadBenign().length).toBeGreaterThan(150);
});
