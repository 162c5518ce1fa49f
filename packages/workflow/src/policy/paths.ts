import type { ContentPair, Reason, RuleReference, TreeChange } from "@phasegate/wire";
import type { ChangeDenial, Verdict } from "../model/compiled.ts";
import type { NormalizedPattern } from "../model/normalized.ts";
import { judgeChangeOutside, judgeChangeWithin } from "./content-rule.ts";
import { isNormalizedPath, type PathMatcher } from "./globs.ts";
import { compilePatterns, pointerMatches, pointersOf, wholeFileMatch } from "./patterns.ts";
import { quote, quoteList } from "./quote.ts";
import type { WhoMayChange } from "./who-may-change.ts";

export interface PathPolicyOptions {
  readonly phase: string;
  readonly write: {
    readonly allowed: readonly NormalizedPattern[];
    readonly forbidden: readonly NormalizedPattern[];
  };
  readonly isProtected: PathMatcher;
  readonly rules: {
    /** The phase's write set as a whole; where a path is in none of its patterns. */
    readonly write: RuleReference;
    /** Places of the forbidden patterns, in their order. */
    readonly forbidden: readonly RuleReference[];
  };
  /** For hints. */
  readonly whoMayChange: Pick<WhoMayChange, "elsewhere">;
}

/** What a phase may change, by path and where a pattern says so by place inside the file. */
export interface PathPolicy {
  /** True when the phase may change anything at all. */
  readonly mayWrite: boolean;
  /** Globs and pointers as people write them. */
  readonly patterns: readonly string[];
  judgePath(path: string): Verdict;
  contentsNeeded(changes: readonly TreeChange[]): readonly string[];
  judgeChanges(
    changes: readonly TreeChange[],
    contents: Readonly<Record<string, ContentPair>>,
  ): readonly ChangeDenial[];
}

const allowedVerdict: Verdict = { allowed: true };

/**
 * Compiles a phase's write set. Forbidden wins over allowed, protected over both, and a path in no pattern is denied.
 * Paths are relative and normalised; any other is denied as `path_invalid`.
 */
export function compilePathPolicy(options: PathPolicyOptions): PathPolicy {
  const allowed = compilePatterns(options.write.allowed);
  const forbidden = compilePatterns(options.write.forbidden);
  const patterns = allowed.map(({ text }) => text);

  function judgePath(path: string): Verdict {
    if (!isNormalizedPath(path)) return denied(invalidPath(path));
    if (options.isProtected(path)) return denied(protectedPath(path));
    const barred = wholeFileMatch(forbidden, path);
    if (barred) return denied(forbiddenPath(path, barred.index));
    if (allowed.some(({ matches }) => matches(path))) return allowedVerdict;
    return denied(unlistedPath(path));
  }

  function contentsNeeded(changes: readonly TreeChange[]): readonly string[] {
    return changes.map(({ path }) => path).filter((path) => judgePath(path).allowed && looksInside(path));
  }

  function looksInside(path: string): boolean {
    return pointerMatches(forbidden, path).length > 0 || !wholeFileMatch(allowed, path);
  }

  function judgeChange(change: TreeChange, contents: ContentPair | undefined): Reason | null {
    const { path } = change;
    const verdict = judgePath(path);
    if (!verdict.allowed) return verdict.reason;
    const barred = pointerMatches(forbidden, path);
    if (barred.length > 0) {
      const inside = judgeChangeOutside(change, contents, pointersOf(barred));
      if (!inside.allowed) return insidePath(path, inside.reason, options.rules.forbidden[barred[0]!.index]);
    }
    if (wholeFileMatch(allowed, path)) return null;
    const inside = judgeChangeWithin(change, contents, pointersOf(pointerMatches(allowed, path)));
    return inside.allowed ? null : insidePath(path, inside.reason, options.rules.write);
  }

  const mayWriteText = patterns.length === 0 ? "it may change nothing" : `it may change ${quoteList(patterns)}`;

  function unlistedPath(path: string): Reason {
    return {
      code: "path_not_allowed",
      message: `phase ${quote(options.phase)} may not change ${quote(path)}; ${mayWriteText}`,
      rule: options.rules.write,
      hint: wayOut(path),
    };
  }

  function forbiddenPath(path: string, index: number): Reason {
    return {
      code: "path_not_allowed",
      message: `phase ${quote(options.phase)} forbids changing ${quote(path)} by ${quote(forbidden[index]!.text)}`,
      rule: options.rules.forbidden[index] ?? options.rules.write,
      hint: wayOut(path),
    };
  }

  function insidePath(path: string, reason: string, rule: RuleReference | undefined): Reason {
    return {
      code: "path_not_allowed",
      message: `phase ${quote(options.phase)} may not change ${quote(path)} like this: ${reason}`,
      rule: rule ?? options.rules.write,
      hint: wayOut(path),
    };
  }

  function protectedPath(path: string): Reason {
    return {
      code: "path_protected",
      message: `${quote(path)} is protected; no phase may change the workflow, its schemas, \`.phasegate\` or \`.git\``,
      rule: options.rules.write,
      hint: "leave it as it is; `restore_files` puts it back to its entry content",
    };
  }

  function wayOut(path: string): string {
    const elsewhere = options.whoMayChange.elsewhere(path, options.phase);
    return `${elsewhere}; putting it back to its entry content with \`restore_files\` is always allowed`;
  }

  return {
    mayWrite: allowed.length > 0,
    patterns,
    judgePath,
    contentsNeeded,
    judgeChanges(changes, contents) {
      const denials: ChangeDenial[] = [];
      for (const change of changes) {
        const reason = judgeChange(change, contents[change.path]);
        if (reason) denials.push({ path: change.path, reason });
      }
      return denials;
    },
  };
}

/** The denial of something that is no relative, normalised path. */
export function invalidPath(path: string): Reason {
  return {
    code: "path_invalid",
    message: `${quote(path)} is no normalised path inside the workspace`,
    hint: "name a file relative to the workspace, without `.` and `..` components",
  };
}

function denied(reason: Reason): Verdict {
  return { allowed: false, reason };
}
