import type { DiffAnswer } from "@phasegate/wire";
import type { HttpClient } from "./http-client.ts";

/** Most pages of changed files that are asked for: 1,000 files each. */
const maxPages = 100;

interface Changed {
  readonly task_id: string;
  readonly diff: string;
  readonly changed_paths?: string[];
  readonly cut_paths?: string[];
  readonly unreadable_code?: NonNullable<DiffAnswer["unreadable_code"]>;
  readonly next_cursor?: string | null;
}

/** The same with every changed file since the base named, past the first page too; their texts are in `cut_paths`. */
export async function withAllPaths<Seen extends Changed>(client: HttpClient, seen: Seen): Promise<Seen> {
  const paths = [...(seen.changed_paths ?? [])];
  const cut = [...(seen.cut_paths ?? [])];
  const unreadable = [...(seen.unreadable_code ?? [])];
  let cursor = seen.next_cursor ?? null;
  for (let page = 0; cursor !== null && page < maxPages; page += 1) {
    const query = { since: "base", cursor };
    const answer: DiffAnswer = await client.get(`/tasks/${encodeURIComponent(seen.task_id)}/diff`, query);
    paths.push(...answer.changed_paths);
    cut.push(...answer.changed_paths);
    unreadable.push(...(answer.unreadable_code ?? []));
    cursor = answer.next_cursor ?? null;
  }
  return { ...seen, changed_paths: paths, cut_paths: cut, unreadable_code: unreadable };
}
