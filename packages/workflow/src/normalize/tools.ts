import { itemsOf, type Located, member, textOf } from "../reading/located.ts";
import { nearest } from "../reading/reporter.ts";
import { canonicalToolName, findTool, toolGroups, toolNames } from "../tools/registry.ts";
import type { NormalizeContext } from "./context.ts";
import { type Placed, placed, placedList } from "./places.ts";

export interface PhaseTools {
  readonly allowed: Placed<string[]>;
  readonly forbidden: Placed<string[]>;
}

/** The tools of a phase under their canonical names, groups written out, forbidden ones taken off. */
export function normalizeTools(context: NormalizeContext, phase: Located): PhaseTools {
  const short = member(phase, "tools");
  const long = member(phase, "allowed_tools");
  if (short && long) {
    context.reporter.error(short.place, "both-forms", "`tools` and `allowed_tools` are one thing", "keep one of them");
  }
  const forbidden = collect(context, phase, "forbidden_tools");
  const allowed = collect(context, phase, short ? "tools" : "allowed_tools");
  const left = allowed.filter(({ value }) => !forbidden.some((tool) => tool.value === value));
  return {
    allowed: placedList(left, (short ?? long ?? phase).place),
    forbidden: placedList(forbidden, (member(phase, "forbidden_tools") ?? phase).place),
  };
}

type ListKey = "tools" | "allowed_tools" | "forbidden_tools";

function collect(context: NormalizeContext, phase: Located, list: ListKey): Placed<string>[] {
  const tools = new Map<string, Placed<string>>();
  for (const item of itemsOf(member(phase, list))) {
    for (const name of toolsOf(context, item, phase, list)) {
      if (!tools.has(name)) tools.set(name, placed(name, item.place));
    }
  }
  return [...tools.values()];
}

function toolsOf(context: NormalizeContext, item: Located, phase: Located, list: ListKey): readonly string[] {
  const name = textOf(item);
  if (name === null) return [];
  if (Object.hasOwn(toolGroups, name)) return toolGroups[name as keyof typeof toolGroups];
  if (findTool(name)) return [canonicalToolName(name)];
  const known = [...toolNames, ...Object.keys(toolGroups)];
  const isOwnToolOfAFleet = context.older && nearest(name, known) === null && /^[A-Za-z][\w.:-]{0,99}$/u.test(name);
  if (!isOwnToolOfAFleet) {
    context.reporter.unknown(item.place, "unknown-tool", "tool", name, known);
    return [];
  }
  if (list === "forbidden_tools") return [name];
  const id = textOf(member(phase, "id")) ?? "";
  context.reporter.warning(
    item.place,
    "tool-not-available",
    `tool \`${name}\` of phase \`${id}\` has no executor`,
    "a call of it is answered `tool_not_available`",
  );
  return [name];
}
