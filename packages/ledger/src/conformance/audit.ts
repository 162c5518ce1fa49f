import { describe, expect, test } from "vitest";
import type { AuditQuery, Ledger } from "../port.ts";
import {
  alice,
  appendTo,
  at,
  bob,
  claimed,
  created,
  payloadOf,
  taskId,
  toolDenied,
  toolExecuted,
  transitioned,
  withLedger,
  type OpenLedger,
} from "./samples.ts";

/** Audit entries, their totals, and statistics from counters. */
export function describeAudit(open: OpenLedger): void {
  describe("audit", () => {
    test("entries come newest first with their bodies; erased and absent ones are null", () =>
      withLedger(open, async (ledger) => {
        const args = payloadOf({ path: "a.ts" });
        const result = payloadOf({ content: "secret" });
        const event = toolExecuted({ args_digest: args.digest, result_digest: result.digest });
        await appendTo(ledger, "one", [created()]);
        await appendTo(ledger, "one", [event], { payloads: [args, result] });
        await ledger.erasePayload(result.digest);
        const { entries, total, nextCursor } = await ledger.queryAudit({ limit: 10 });
        expect(entries.map(({ event, args, result }) => [event.type, args, result])).toEqual([
          ["tool.executed", { path: "a.ts" }, null],
          ["task.created", null, null],
        ]);
        expect({ total, nextCursor }).toEqual({ total: 2, nextCursor: null });
      }));

    test("each filter narrows entries and total alike", () =>
      withLedger(open, async (ledger) => {
        await sampleHistory(ledger);
        const cases: [Partial<AuditQuery>, number[]][] = [
          [{}, [9, 8, 7, 6, 5, 4, 3, 2, 1]],
          [{ order: "oldest" }, [1, 2, 3, 4, 5, 6, 7, 8, 9]],
          [{ taskId: taskId("one") }, [8, 5, 4, 3, 2, 1]],
          [{ taskId: taskId("one"), order: "oldest", success: true }, [3]],
          [{ taskId: taskId("none") }, []],
          [{ types: ["tool.denied", "task.claimed"] }, [9, 7, 4, 2]],
          [{ types: [] }, []],
          [{ toolName: "bash" }, [9, 4]],
          [{ toolName: "bash", phase: "IMPL" }, [9]],
          [{ phase: "PLAN" }, [7, 6, 5, 4, 3, 2, 1]],
          [{ success: true }, [3]],
          [{ success: false }, [9, 8, 4]],
          [{ agentId: "agent-b" }, [9, 7, 6]],
          [{ from: at(2) }, [9, 8, 7, 6]],
          [{ from: at(1), to: at(2) }, [7, 6, 5, 4, 3]],
          [{ to: "2026-01-01T01:00:00+01:00" }, [2, 1]],
          [{ visibleTo: alice }, [8, 5, 4, 3, 2, 1]],
          [{ visibleTo: bob, types: ["task.claimed"] }, [7]],
          [{ visibleTo: bob, taskId: taskId("one") }, []],
          [{ visibleTo: bob, taskId: taskId("two") }, [9, 7, 6]],
        ];
        for (const [query, positions] of cases) {
          const { entries, total } = await ledger.queryAudit({ limit: 100, ...query });
          expect({ query, positions: entries.map(({ event }) => event.position), total }).toEqual({
            query,
            positions,
            total: positions.length,
          });
        }
      }));

    test("pages follow each other without a gap, also while entries are added", () =>
      withLedger(open, async (ledger) => {
        await sampleHistory(ledger);
        const first = await ledger.queryAudit({ limit: 4 });
        await appendTo(ledger, "three", [created()]);
        const second = await ledger.queryAudit({ limit: 4, cursor: first.nextCursor ?? "" });
        const third = await ledger.queryAudit({ limit: 4, cursor: second.nextCursor ?? "" });
        const pages = [first, second, third].map(({ entries }) => entries.map(({ event }) => event.position));
        expect(pages).toEqual([[9, 8, 7, 6], [5, 4, 3, 2], [1]]);
        expect(third.nextCursor).toBeNull();
        expect((await ledger.queryAudit({ limit: 3, taskId: taskId("two") })).nextCursor).toBeNull();
      }));

    test("a time that is none is refused", () =>
      withLedger(open, async (ledger) => {
        await expect(ledger.queryAudit({ limit: 1, from: "yesterday" })).rejects.toMatchObject({
          code: "invalid_request",
        });
      }));

    test("statistics count ended tool calls, by tool and by phase", () =>
      withLedger(open, async (ledger) => {
        const nothing = { totalEntries: 0, totalSuccesses: 0, totalFailures: 0, toolsUsed: {}, phases: {} };
        expect(await ledger.auditStats()).toEqual(nothing);
        await sampleHistory(ledger);
        expect(await ledger.auditStats()).toEqual({
          totalEntries: 4,
          totalSuccesses: 1,
          totalFailures: 3,
          toolsUsed: { bash: 2, read_files: 1, write_files: 1 },
          phases: { IMPL: 1, PLAN: 2, TDD: 1 },
        });
      }));

    test("statistics of one principal are those of the tasks that it holds or has held", () =>
      withLedger(open, async (ledger) => {
        await sampleHistory(ledger);
        const ofAlice = await ledger.auditStats({ visibleTo: alice });
        const ofBob = await ledger.auditStats({ visibleTo: bob });
        expect({ ofAlice, ofBob }).toEqual({
          ofAlice: {
            totalEntries: 3,
            totalSuccesses: 1,
            totalFailures: 2,
            toolsUsed: { bash: 1, read_files: 1, write_files: 1 },
            phases: { PLAN: 2, TDD: 1 },
          },
          ofBob: { totalEntries: 1, totalSuccesses: 0, totalFailures: 1, toolsUsed: { bash: 1 }, phases: { IMPL: 1 } },
        });
      }));

    test("names of tools that are made up are counted together, and each is found by its own", () =>
      withLedger(open, async (ledger) => {
        await appendTo(ledger, "one", [created(), toolDenied("made_up_1"), toolDenied("made_up_2")]);
        expect((await ledger.auditStats()).toolsUsed).toEqual({ other: 2 });
        const found = await ledger.queryAudit({ limit: 10, toolName: "made_up_2" });
        expect({ total: found.total, entries: found.entries.length }).toEqual({ total: 1, entries: 1 });
      }));
  });
}

/** Positions 1..9: six events of alice's task, three of bob's. */
async function sampleHistory(ledger: Ledger): Promise<void> {
  await appendTo(ledger, "one", [created(), claimed()]);
  await appendTo(ledger, "one", [toolExecuted(), toolDenied("bash"), transitioned()], { seconds: 1 });
  const bobs = { principal: bob, agentId: "agent-b" };
  await appendTo(ledger, "two", [created(), claimed({ principal: bob, agent_id: "agent-b" })], { ...bobs, seconds: 2 });
  await appendTo(ledger, "one", [toolExecuted({ tool_name: "write_files", phase: "TDD", success: false })], {
    seconds: 3,
  });
  await appendTo(ledger, "two", [toolDenied("bash", "IMPL")], { ...bobs, seconds: 4 });
}
