import { expect, test } from "vitest";
import { asCommands } from "./failure.ts";

test.each([
  ["list yours with `GET /api/v1/tasks`", "list yours with `phasegate task list`"],
  ["GET /api/v1/webhooks/dead-letters lists them", "`phasegate webhooks dead-letters` lists them"],
  ["GET /api/v1/operations/op_1 tells", "GET /api/v1/operations/op_1 tells"],
  ["poll GET /api/v1/events?after=", "poll GET /api/v1/events?after="],
])("the hint %j reads %j on the command line", (hint, shown) => {
  expect(asCommands(hint)).toBe(shown);
});
