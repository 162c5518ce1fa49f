import type { ContentPair, Reason, RuleReference, TreeChange } from "@phasegate/wire";
import type { CompiledFreeze, Verdict } from "../model/compiled.ts";
import type { NormalizedPattern } from "../model/normalized.ts";
import { judgeChangeOutside } from "./content-rule.ts";
import { compileGlobs, isNormalizedPath } from "./globs.ts";
import { linksToHeldFiles } from "./held-links.ts";
import { invalidPath } from "./paths.ts";
import { compilePatterns, pointerMatches, pointersOf, wholeFileMatch } from "./patterns.ts";
import { quote } from "./quote.ts";
import { askTheKeeper, type WhoMayChange } from "./who-may-change.ts";

export interface FreezeOptions {
  /** The phase that froze. */
  readonly phase: string;
  readonly paths: readonly NormalizedPattern[];
  readonly mayAdd: readonly string[];
  readonly rule: RuleReference;
  /** For hints. */
  readonly whoMayChange: Pick<WhoMayChange, "backTo">;
}

/**
 * Compiles what a phase fixes when it is left. Frozen files stay byte-identical, frozen places inside files keep their
 * value; files that are new since then may come where `mayAdd` says so.
 */
export function compileFreeze(options: FreezeOptions): CompiledFreeze {
  const patterns = compilePatterns(options.paths);
  const mayAdd = compileGlobs(options.mayAdd);

  function denialOf(path: string, reason: string): Reason {
    return {
      code: "path_not_allowed",
      message: `${quote(path)} is frozen since phase ${quote(options.phase)}: ${reason}`,
      rule: options.rule,
      hint: `put it back with \`restore_files\`${wayBack(path, null)}`,
    };
  }

  function wayBack(path: string, places: readonly string[] | null): string {
    const phase = options.whoMayChange.backTo(path, places, options.phase);
    return phase === null ? `; ${askTheKeeper}` : `, or go back to ${quote(phase)} by a rework transition`;
  }

  function judgePath(path: string, exists: boolean): Verdict {
    if (!isNormalizedPath(path)) return { allowed: false, reason: invalidPath(path) };
    const frozen = wholeFileMatch(patterns, path);
    if (!frozen || (!exists && mayAdd(path))) return { allowed: true };
    const reason = exists ? "it must stay byte for byte" : `no file may be added to ${quote(frozen.text)}`;
    return { allowed: false, reason: denialOf(path, reason) };
  }

  function judgeChange(change: TreeChange, contents: ContentPair | undefined): Reason | null {
    const { path, kind } = change;
    const frozen = wholeFileMatch(patterns, path);
    if (frozen) return kind === "added" && mayAdd(path) ? null : denialOf(path, `it was ${kind}`);
    const inside = pointersOf(pointerMatches(patterns, path));
    if (inside.length === 0) return null;
    const verdict = judgeChangeOutside(change, contents, inside);
    if (verdict.allowed) return null;
    const hint = `leave that as it was when ${quote(options.phase)} ended, other places may change${wayBack(path, inside)}`;
    return { ...denialOf(path, verdict.reason), hint };
  }

  return {
    rule: options.rule,
    patterns: patterns.map(({ text }) => text),
    judgePath,
    judgeLinks(changes, tree) {
      const links = changes.filter(({ path, after }) => after?.type === "symlink" && wholeFileMatch(patterns, path));
      const held = linksToHeldFiles(links, tree, (path) => wholeFileMatch(patterns, path) !== null);
      return links.flatMap(({ path }) => {
        if (held.has(path)) return [];
        const message = `${quote(path)} is a link: phase ${quote(options.phase)} fixes files, and what this link leads to stays free`;
        const hint =
          "put a file with the same content there, or let it lead, by a relative path, to a file that is fixed too";
        return [{ path, reason: { code: "path_not_allowed", message, rule: options.rule, hint } }];
      });
    },
    contentsNeeded(changes) {
      const paths = changes.map(({ path }) => path);
      return paths.filter((path) => !wholeFileMatch(patterns, path) && pointerMatches(patterns, path).length > 0);
    },
    judgeChanges(changes, contents) {
      return changes.flatMap((change) => {
        const reason = judgeChange(change, contents[change.path]);
        return reason ? [{ path: change.path, reason }] : [];
      });
    },
  };
}
