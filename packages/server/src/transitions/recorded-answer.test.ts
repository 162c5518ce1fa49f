import { openMemoryLedger } from "@phasegate/ledger";
import { taskStream } from "@phasegate/wire";
import type { EventId, OperationId, PrincipalId, TaskId } from "@phasegate/wire";
import { expect, test } from "vitest";
import { readTransition } from "./recorded-answer.ts";

const taskId = "tsk_1" as TaskId;
const operation = "op_1" as OperationId;

test("of a transition nothing is read that the task as it is known has not taken in", async () => {
  const ledger = openMemoryLedger();
  const requested = { operation_id: operation, from: "A", to: "B", kind: "forward", token_id: "t", entry: 1, epoch: 1 };
  await ledger.append({
    stream: taskStream(taskId),
    expectedVersion: 0,
    origin: { principal: "prn_1" as PrincipalId, agentId: null, at: "2030-01-01T00:00:00.000Z" },
    events: [
      { id: "evt_1" as EventId, type: "transition.requested", data: { ...requested, kind: "forward" } },
      { id: "evt_2" as EventId, type: "transition.withdrawn", data: { operation_id: operation, reason: "late" } },
    ],
  });
  expect(await readTransition({ ledger }, taskId, operation, 1)).toMatchObject({ requestedBy: "prn_1", outcome: null });
  expect(await readTransition({ ledger }, taskId, operation, 2)).toMatchObject({ outcome: { allowed: false } });
  await ledger.close();
});
