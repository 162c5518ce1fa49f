import type { SlotUse } from "@phasegate/runner";
import type { CircuitBreakers } from "@phasegate/resilience";
import type { Ledger } from "@phasegate/ledger";
import type { Webhooks } from "../webhooks/webhooks.ts";
import { BoundedLabel } from "./bounded-label.ts";
import type { Instruments } from "./instruments.ts";

export interface WatchedParts {
  readonly ledger: Ledger;
  readonly breakers: CircuitBreakers;
  readonly webhooks: Webhooks;
  readonly slots: () => SlotUse;
  /** Null where `audit.export_file` is not set. */
  readonly auditExport: { status(): { readonly position: number; readonly failing: boolean } } | null;
}

const breakerStates = ["CLOSED", "OPEN", "HALF_OPEN"] as const;

/** Reads what stands in the parts of a server whenever the figures are asked for, from counters and along indexes. */
export function watchServer(instruments: Instruments, parts: WatchedParts): void {
  const { ledger, breakers, webhooks, slots, auditExport } = parts;
  instruments.read("ledgerPosition", async () => [{ labels: {}, value: await ledger.lastPosition() }]);
  instruments.read("tasks", async () =>
    Object.entries((await ledger.countOpen()).tasks).map(([status, value]) => ({ labels: { status }, value })),
  );
  instruments.read("jobs", async () =>
    Object.entries((await ledger.countOpen()).jobs).map(([kind, value]) => ({ labels: { kind }, value })),
  );
  const names = new BoundedLabel();
  instruments.read("breakers", () =>
    breakers
      .stats()
      .flatMap(({ name, state }) =>
        breakerStates.map((each) => ({ labels: { name: names.of(name), state: each }, value: each === state ? 1 : 0 })),
      ),
  );
  instruments.read("runnerSlots", () =>
    Object.entries(slots()).map(([state, value]) => ({ labels: { state }, value: value as number })),
  );
  instruments.read("eventReaders", () => readersOf(ledger, (positions) => positions.length));
  instruments.read("eventLag", async () => {
    const last = await ledger.lastPosition();
    return readersOf(ledger, (positions) => Math.max(0, last - Math.min(...positions)));
  });
  instruments.read("webhookLag", async () => {
    const last = await ledger.lastPosition();
    return webhooks.status().map(({ webhook, status }) => ({
      labels: { webhook: webhook.name },
      value: Math.max(0, last - status.position),
    }));
  });
  instruments.read("webhookOutstanding", () =>
    webhooks.status().map(({ webhook, status }) => ({ labels: { webhook: webhook.name }, value: status.outstanding })),
  );
  if (auditExport === null) return;
  instruments.read("exportPosition", () => [{ labels: {}, value: auditExport.status().position }]);
  instruments.read("exportFailing", () => [{ labels: {}, value: auditExport.status().failing ? 1 : 0 }]);
}

function readersOf(ledger: Ledger, value: (positions: readonly number[]) => number) {
  const byReader = Map.groupBy(ledger.readers(), ({ reader }) => reader);
  return [...byReader].map(([reader, places]) => ({
    labels: { reader },
    value: value(places.map(({ position }) => position)),
  }));
}
