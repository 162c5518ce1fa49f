import { openMemoryLedger } from "@phasegate/ledger";
import { type PrincipalId, type StoredEvent, serverPrincipalId } from "@phasegate/wire";
import { expect, test } from "vitest";
import { SystemStream } from "../events/system-stream.ts";
import { createIds } from "../ids.ts";
import { DeadLetters } from "./dead-letters.ts";

const clock = { now: () => 1_000 };
const users = Array.from({ length: 10 }, (_, index) => index);

test("ten who add, list and settle letters at once lose none and settle none of another", async () => {
  const ledger = openMemoryLedger();
  const ids = createIds(clock);
  const letters = new DeadLetters({ ledger, ids, system: new SystemStream({ ledger, clock }) });
  const event = (user: number): StoredEvent =>
    ({ id: ids.make("event"), type: "task.failed", position: user + 1 }) as StoredEvent;

  await Promise.all(
    users.map(async (user) => {
      const webhook = `hook-${user}`;
      const letter = { webhook, event: event(user), attempts: 1, error: "gone" };
      await letters.add(letter, serverPrincipalId);
      await letters.add(letter, serverPrincipalId);
      const [first, ...others] = await letters.list({ webhook, limit: 10 });
      expect([first?.webhook, others.length]).toEqual([webhook, 1]);
      if (first) await letters.settle(first, `prn_${user}` as PrincipalId);
    }),
  );

  const open = await letters.list({ limit: 100 });
  expect(open.map(({ webhook }) => webhook).toSorted()).toEqual(users.map((user) => `hook-${user}`));
  expect(await ledger.readAll({ after: 0, limit: 100 })).toHaveLength(30);
  await ledger.close();
});
