import {
  type Digest,
  isTerminal,
  parseDigest,
  serverPrincipalId,
  type StoredEvent,
  type TaskId,
} from "@phasegate/wire";
import { auditBodies } from "@phasegate/ledger";
import { retentionReason } from "@phasegate/ledger/export";
import type { ServerContext } from "../context.ts";
import { Rounds } from "../rounds.ts";

const intervalMs = 3_600_000;
const firstMs = 60_000;
const dayMs = 86_400_000;
const pageSize = 500;
const cursor = "payload retention";
const endings = ["task.completed", "task.failed", "task.cancelled"] as const;

type RetentionContext = Pick<ServerContext, "ledger" | "system" | "ids" | "metrics" | "clock" | "log" | "config">;

/**
 * Erases the bodies of a task `audit.payload_days` after its end, each with a `payload.erased` of the server. A body that
 * an open task names stays, and one that comes again is kept again. Where it stands is kept in the ledger, so a restart
 * leaves none out; the ledger says who erased what before it is gone.
 */
export class PayloadRetention {
  /** Whoever made this starts and ends them. */
  readonly rounds: Rounds;
  readonly #context: RetentionContext;

  constructor(context: RetentionContext) {
    this.#context = context;
    this.rounds = new Rounds({
      run: () => this.erase(),
      intervalMs,
      firstMs,
      log: context.log,
      failed: "bodies past their time were not erased",
    });
  }

  /** One round, now; answers how many bodies went. */
  async erase(): Promise<number> {
    const { ledger, clock, config, log } = this.#context;
    const before = clock.now() - config.audit.payload_days * dayMs;
    let erased = 0;
    let open: OpenBodies | null = null;
    for (let after = (await ledger.getCursor(cursor)) ?? 0; !this.rounds.stopped;) {
      const ended = await ledger.readAll({ after, limit: pageSize, types: endings });
      const due = ended.filter(({ at }) => Date.parse(at) < before);
      for (const event of due) {
        open ??= await this.#openBodies();
        erased += await this.#eraseTask(event.stream, open);
        await ledger.moveCursor({ name: cursor, position: event.position });
        after = event.position;
      }
      if (due.length < ended.length || ended.length < pageSize) break;
    }
    if (erased > 0) log.info({ erased }, "bodies past their time were erased");
    return erased;
  }

  async #eraseTask(stream: string, open: OpenBodies): Promise<number> {
    const { ledger, system, ids, metrics } = this.#context;
    // One that was reopened ends again.
    const row = await ledger.getTask(stream.slice("task/".length) as TaskId);
    if (row === null || !isTerminal(row.status)) return 0;
    const digests = new Set<Digest>();
    for await (const event of this.#eventsOf(stream)) for (const digest of bodiesOf(event)) digests.add(digest);
    let erased = 0;
    for (const digest of digests.difference(open.digests)) {
      if ((await ledger.getPayload(digest))?.state !== "kept") continue;
      const data = { digest, reason: retentionReason };
      await system.append([{ id: ids.make("event"), type: "payload.erased", data }], serverPrincipalId);
      // The event just appended names the digest, too.
      const unusedAfter = await this.#usedSince(open, digest);
      if (unusedAfter === null || !(await ledger.expirePayload({ digest, unusedAfter }))) continue;
      metrics.erased("retention");
      erased += 1;
    }
    return erased;
  }

  /** Position up to which nothing but erasures named the digest since the open tasks were looked through. */
  async #usedSince(open: OpenBodies, digest: Digest): Promise<number | null> {
    const { ledger } = this.#context;
    for (;;) {
      const page = await ledger.readAll({ after: open.position, limit: pageSize });
      for (const event of page) {
        if (event.type !== "payload.erased") for (const used of digestsIn(event.data)) open.digests.add(used);
        open.position = event.position;
      }
      if (page.length < pageSize) return open.digests.has(digest) ? null : open.position;
    }
  }

  async #openBodies(): Promise<OpenBodies> {
    const { ledger } = this.#context;
    const position = await ledger.lastPosition();
    const digests = new Set<Digest>();
    let page = await ledger.listTasks({ limit: pageSize });
    for (;;) {
      for (const { id, status } of page.rows) {
        if (isTerminal(status)) continue;
        for await (const event of this.#eventsOf(`task/${id}`)) {
          for (const digest of digestsIn(event.data)) digests.add(digest);
        }
      }
      if (page.nextCursor === null) return { digests, position };
      page = await ledger.listTasks({ limit: pageSize, cursor: page.nextCursor });
    }
  }

  async *#eventsOf(stream: string): AsyncGenerator<StoredEvent> {
    const { ledger } = this.#context;
    for (let afterVersion = 0; ;) {
      const page = await ledger.readStream(stream, { afterVersion, limit: pageSize });
      yield* page;
      if (page.length < pageSize) return;
      afterVersion = page.at(-1)?.version ?? afterVersion;
    }
  }
}

/** What open tasks name, as of a position that moves on. */
interface OpenBodies {
  readonly digests: Set<Digest>;
  position: number;
}

/** Bodies of arguments, results, artifacts and of the tests that a gate found. */
function bodiesOf(event: StoredEvent): Digest[] {
  const { args, result } = auditBodies(event);
  const { red, passed } = event.data as { red?: readonly { digest: Digest }[]; passed?: readonly { digest: Digest }[] };
  return [args, result, ...[...(red ?? []), ...(passed ?? [])].map(({ digest }) => digest)].filter(
    (digest) => digest !== null,
  );
}

function* digestsIn(value: unknown): Generator<Digest> {
  if (typeof value === "string") {
    const digest = parseDigest(value);
    if (digest !== null) yield digest;
  } else if (typeof value === "object" && value !== null) {
    for (const member of Object.values(value)) yield* digestsIn(member);
  }
}
