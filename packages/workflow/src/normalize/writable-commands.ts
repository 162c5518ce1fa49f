import type { RuleReference } from "@phasegate/wire";
import { findCheck } from "../checks/registry.ts";
import { evidenceWorkflow } from "../evidence/settings.ts";
import type { NormalizedPattern, NormalizedPhase, NormalizedWorkflow } from "../model/normalized.ts";
import { compileGlobs } from "../policy/globs.ts";
import { patternText } from "../policy/patterns.ts";
import { quote } from "../policy/quote.ts";
import { type Located, member } from "../reading/located.ts";
import { type CommandDefinition, commandDefinitions } from "./command-definitions.ts";
import type { NormalizeContext } from "./context.ts";
import type { Places } from "./places.ts";

/** A command that a gate believes. */
interface BelievedCommand {
  readonly run: string;
  readonly cwd: string;
  readonly phase: string;
  readonly place: RuleReference;
}

/**
 * Warns of each command that a gate believes while a phase up to that gate may write the file that says what it does and no freeze
 * holds that: then the agent chooses what is run. Older files say nothing of what may be written, and are passed over.
 */
export function warnOfWritableCommands(
  context: NormalizeContext,
  normalized: NormalizedWorkflow,
  places: Places,
): void {
  if (normalized.older) return;
  for (const command of believedCommands(context, normalized, places)) {
    for (const definition of commandDefinitions(command.run, command.cwd)) {
      const writer = writerOf(normalized, command.phase, definition);
      if (writer === null) continue;
      const what = quote(patternText(definition));
      context.reporter.warning(
        command.place,
        "writable-command",
        `${quote(command.run, 80)} does what ${what} says, which phase ${quote(writer)} may write`,
        `freeze ${what} in an earlier phase, or keep it out of what the phases may write`,
      );
    }
  }
}

function believedCommands(
  context: NormalizeContext,
  { evidence, transitions }: NormalizedWorkflow,
  places: Places,
): readonly BelievedCommand[] {
  const { tests } = evidenceWorkflow(evidence);
  const testsPlace = placeOfTests(member(member(context.root, "evidence"), "tests"));
  const found: BelievedCommand[] = [];
  for (const [index, { from, gates }] of transitions.entries()) {
    for (const [gateIndex, { checks }] of gates.entries()) {
      for (const [checkIndex, { check, parameters, selfReported }] of checks.entries()) {
        if (selfReported || findCheck(check)?.needs.includes("evidence") !== true) continue;
        if (check !== "command") {
          if (tests && testsPlace) {
            for (const run of [tests.prepare, tests.command]) {
              if (run !== null) found.push({ run, cwd: tests.cwd, phase: from, place: testsPlace });
            }
          }
          continue;
        }
        const place = places.get(`/transitions/${index}/gates/${gateIndex}/checks/${checkIndex}`);
        const { run, cwd } = parameters;
        if (typeof run !== "string" || place === undefined) continue;
        found.push({ run, cwd: typeof cwd === "string" ? cwd : ".", phase: from, place });
      }
    }
  }
  return found;
}

function placeOfTests(tests: Located | undefined): RuleReference | null {
  return (member(tests, "command") ?? member(tests, "preset") ?? tests)?.place ?? null;
}

/** The first phase up to `last` that may write the definition, unless a freeze holds it at the gate of `last`. */
function writerOf(
  { phases, protected: fixed }: NormalizedWorkflow,
  last: string,
  what: CommandDefinition,
): string | null {
  if (compileGlobs(fixed)(what.file)) return null;
  const end = phases.findIndex(({ id }) => id === last);
  const holding = phases.findIndex(({ freeze }) => freeze?.paths.some((pattern) => takesAll(pattern, what)));
  // A phase that fixes what it wrote answers for it as for its tests: no later phase can change what the gates run.
  if (holding !== -1 && holding <= end) return null;
  return phases.slice(0, end + 1).find((phase) => mayWrite(phase, what))?.id ?? null;
}

function mayWrite({ write }: NormalizedPhase, what: CommandDefinition): boolean {
  return (
    write.allowed.some((pattern) => takesPart(pattern, what)) &&
    !write.forbidden.some((pattern) => takesAll(pattern, what))
  );
}

function takesAll({ glob, pointer }: NormalizedPattern, what: CommandDefinition): boolean {
  const isAround = pointer === null || (what.pointer !== null && isWithin(what.pointer, pointer));
  return isAround && compileGlobs([glob])(what.file);
}

function takesPart({ glob, pointer }: NormalizedPattern, what: CommandDefinition): boolean {
  const overlaps =
    pointer === null || what.pointer === null || isWithin(what.pointer, pointer) || isWithin(pointer, what.pointer);
  return overlaps && compileGlobs([glob])(what.file);
}

function isWithin(inner: string, outer: string): boolean {
  return inner === outer || inner.startsWith(`${outer}/`);
}
