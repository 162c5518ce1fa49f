import type { Reason, TreeDifference, TreeDigest, TreeFacts } from "@phasegate/wire";
import { leftOut } from "../judged-anew.ts";
import { judgeUnsupported } from "./changes.ts";
import { freezesInForce } from "./freezes.ts";
import { quote, unreadableCode } from "@phasegate/workflow";
import { combine, type Judgement, nothingFound, type Objection, objection } from "./judgement.ts";
import type { Situation } from "./situation.ts";

/** Most objections that one comparison yields; the rest are counted. */
const maxObjections = 50;

/**
 * The check that is always on: the phase changed only what it may change, what earlier phases froze is as it was, and
 * the tree holds nothing that no tree may hold. Without the facts it does not pass, in any mode.
 */
export function judgeTree(situation: Situation, kind: "forward" | "rework" | "complete"): Judgement {
  const { task, phase, facts } = situation;
  const { freeze } = phase;
  const { tree } = facts;
  if (!tree) return blocked([unread("the workspace's tree was not read")]);
  return combine([
    blocked(judgeUnsupported(tree.unsupported).map((denial) => treeObjection(denial.reason))),
    compare(situation, task.entryTree, "only_allowed_paths_changed", (difference) =>
      phase.judgeChanges(difference.changes, difference.contents).map((denial) => ({
        ...denial.reason,
        ...putBack(situation, denial.path),
      })),
    ),
    ...freezesInForce(situation).map(({ state, rule }) =>
      rule
        ? compare(situation, state.tree, "tests_unchanged_since", (difference) =>
            rule.judgeChanges(difference.changes, difference.contents).map((denial) => denial.reason),
          )
        : blocked([unread(`the freeze of phase \`${state.phase}\` has no rule in the workflow`)]),
    ),
    noteLitter(tree.litter),
    noteUnreadableCode(tree.differences, task.baseTree),
    freeze === null || kind === "rework"
      ? nothingFound
      : compare(situation, task.baseTree, "only_allowed_paths_changed", ({ changes }) =>
          freeze.judgeLinks(changes, tree).map((denial) => denial.reason),
        ),
  ]);
}

/** Files that no phase may write are in no tree, run and commit: said, since the work may rest on them. */
function noteLitter(litter: readonly string[]): Judgement {
  if (litter.length === 0) return nothingFound;
  const shown = litter
    .slice(0, 5)
    .map((path) => `\`${path}\``)
    .join(", ");
  const more = litter.length > 5 ? ` and ${litter.length - 5} more` : "";
  const message = `${leftOut}: ${shown}${more}`;
  const hint = "put it where a phase may write, or remove it";
  const reason = { code: "path_not_allowed", message, hint } as const;
  return blocked([objection({ check: "only_allowed_paths_changed", source: "tree", severity: "warning", reason })]);
}

/** Most files of code that nobody can read that are named; the rest is counted. */
const maxUnreadable = 20;

/** Code that no difference shows is named to whoever reviews and approves: it stands against nothing. */
function noteUnreadableCode(differences: TreeFacts["differences"], baseTree: TreeDigest): Judgement {
  const difference = Object.hasOwn(differences, baseTree) ? differences[baseTree] : undefined;
  const found = difference ? unreadableCode(difference.changes, difference.samples ?? {}) : [];
  const messages = found
    .slice(0, maxUnreadable)
    .map(({ path, size, kind }) => `code that nobody can read here: ${quote(path)}, ${String(size)} bytes, ${kind}`);
  const left = found.length - messages.length;
  if (left > 0) messages.push(`code that nobody can read here: ${String(left)} files more`);
  const unread = difference ? notLookedInto(difference) : 0;
  if (unread > 0) messages.push(`not looked into, so that only their names were judged: ${String(unread)} files more`);
  const hint = "put there what can be read as it is shown, or say where it is from and how it is made";
  return blocked(
    messages.map((message) =>
      objection({
        check: "unreadable_code",
        source: "tree",
        severity: "warning",
        reason: { code: "gate_blocked", message, hint },
      }),
    ),
  );
}

/** Files past those of which the beginnings were read; where none was, nothing is said. */
function notLookedInto({ changes, samples }: TreeDifference): number {
  if (!samples || Object.keys(samples).length === 0) return 0;
  return changes.filter(({ path, after }) => after?.type === "file" && !Object.hasOwn(samples, path)).length;
}

function compare(
  situation: Situation,
  from: TreeDigest,
  check: string,
  judge: (difference: TreeDifference) => readonly Reason[],
): Judgement {
  const { tree } = situation.facts;
  if (!tree || tree.digest === from) return nothingFound;
  const difference = Object.hasOwn(tree.differences, from) ? tree.differences[from] : undefined;
  if (!difference) return blocked([unread(`the difference from tree \`${from}\` was not read`)]);
  const reasons = judge(difference);
  const shown = reasons.slice(0, maxObjections).map((reason) => treeObjection(reason, check));
  const first = reasons[0];
  if (!first || reasons.length <= maxObjections) return blocked(shown);
  const more = { ...first, message: `${reasons.length - maxObjections} more paths changed that may not` };
  return blocked([...shown, treeObjection(more, check)]);
}

function treeObjection(reason: Reason, check = "only_allowed_paths_changed"): Objection {
  return objection({ check, source: "tree", reason });
}

function unread(message: string): Objection {
  return treeObjection({ code: "workspace_unavailable", message, hint: "ask again" });
}

function blocked(objections: readonly Objection[]): Judgement {
  return { ...nothingFound, objections };
}

/** The call that puts a path back, where the phase has the tool for it. */
function putBack({ task, phase }: Situation, path: string): Pick<Reason, "next"> {
  if (!phase.allowedTools.includes("restore_files")) return {};
  return {
    next: {
      method: "POST",
      path: "/api/v1/tools/execute",
      body: { task_id: task.id, tool_name: "restore_files", args: { paths: [path] } },
    },
  };
}
