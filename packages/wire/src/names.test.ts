import { expect, test } from "vitest";
import { misnamed, readName } from "./names.ts";

test.each(["agent-1", "claude", "agent_001", "Zoë", "мария", "build bot 7", "servers", "openhands", "agent:7"])(
  "`%s` names an agent",
  (name) => expect(misnamed(name)).toBeNull(),
);

test.each([
  ["system", "is a reserved name"],
  ["Server", "is a reserved name"],
  ["ｏｐｅｎ", "is a reserved name"],
  ["external:build-farm", "is a reserved name"],
  ["prn_0Vbk6Q14gPLnMfpvzPgfj4vq", "is a reserved name"],
  ["maria ", "must not begin or end with a blank"],
  ["ma\u200bria", "must not hold characters that a reader cannot see"],
  ["\u001b[31mmaria", "must not hold characters that a reader cannot see"],
  ["maria\n", "must not hold characters that a reader cannot see"],
])("%j names none", (name, why) => expect(misnamed(name)).toBe(why));

test.each(["MARIA", "ｍａｒｉａ", "mаria", " maria", "marıa"])("%j reads as maria", (name) =>
  expect(readName(name)).toBe("maria"),
);

test.each(["mária", "mariа-2", "марина"])("%j does not", (name) => expect(readName(name)).not.toBe("maria"));
