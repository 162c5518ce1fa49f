import type { AuthorsFact, PrincipalId, PrincipalKind } from "@phasegate/wire";
import type { Situation } from "./situation.ts";

interface Judge {
  readonly id: PrincipalId;
  readonly kind: PrincipalKind;
  readonly owner: PrincipalId | null;
}

/** Whether a principal did the work of the task, or stands too near to who did. */
export function isAuthor({ task, facts }: Pick<Situation, "task" | "facts">, who: Judge): boolean {
  const authors = [...task.authors, ...(facts.authors ?? [])];
  return isAmong({ authors, authorOwners: task.authorOwners }, who);
}

/**
 * Whether a principal is an author or stands too near to one: its owner is one, or one owner answers for both. A person
 * may judge what an agent that they own did; whatever else owns an author may not.
 */
export function isAmong({ authors, authorOwners }: AuthorsFact, who: Judge): boolean {
  if (authors.includes(who.id)) return true;
  if (who.kind !== "person" && authorOwners.includes(who.id)) return true;
  if (who.owner === null || who.owner === who.id) return false;
  return authors.includes(who.owner) || authorOwners.includes(who.owner);
}
