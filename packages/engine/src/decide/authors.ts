import type { PrincipalId, PrincipalKind } from "@phasegate/wire";
import type { Situation } from "./situation.ts";

interface Judge {
  readonly id: PrincipalId;
  readonly kind: PrincipalKind;
  readonly owner: PrincipalId | null;
}

/**
 * Whether a principal did the work, or stands too near to who did: it held the task, its owner did, or one owner
 * answers for both. A person may judge what an agent that they own did; whatever else owns an author may not.
 */
export function isAuthor({ task, facts }: Pick<Situation, "task" | "facts">, who: Judge): boolean {
  const authors = [...task.authors, ...(facts.authors ?? [])];
  if (authors.includes(who.id)) return true;
  if (who.kind !== "person" && task.authorOwners.includes(who.id)) return true;
  if (who.owner === null || who.owner === who.id) return false;
  return authors.includes(who.owner) || task.authorOwners.includes(who.owner);
}
