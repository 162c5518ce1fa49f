import type { Ledger, TaskRow } from "../port.ts";
import type { FoundEvent, LedgerContents } from "./contents.ts";

const pageSize = 1_000;

/** What can be verified of any ledger through its port. */
export function contentsOfLedger(ledger: Ledger): LedgerContents {
  return {
    events: () => eventsOf(ledger),
    signedHeads: (stream) => ledger.signedHeads(stream),
    taskRows: () => rowsOf(ledger),
    stats: () => ledger.auditStats(),
    cells: async () => null,
    payload: (digest) => ledger.getPayload(digest),
    ownProblems: async () => [],
  };
}

async function* eventsOf(ledger: Ledger): AsyncGenerator<FoundEvent> {
  let after = 0;
  for (;;) {
    const page = await ledger.readAll({ after, limit: pageSize });
    for (const event of page) yield { event, fault: null };
    const last = page.at(-1);
    if (last === undefined) return;
    after = last.position;
  }
}

async function* rowsOf(ledger: Ledger): AsyncGenerator<TaskRow> {
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<Ledger["listTasks"]>> = await ledger.listTasks({
      limit: pageSize,
      ...(cursor === null ? {} : { cursor }),
    });
    yield* page.rows;
    cursor = page.nextCursor;
  } while (cursor !== null);
}
