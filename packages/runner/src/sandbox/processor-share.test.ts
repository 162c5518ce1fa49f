import { expect, test } from "vitest";
import { ProcessorShare, type ProcessorTimes, type ProcessorWeight } from "./processor-share.ts";

/** What commands weigh on four processors after looks, a second apart, that find these times. */
async function weightsAfter(looks: readonly (ProcessorTimes | null)[]): Promise<ProcessorWeight[]> {
  const weights: ProcessorWeight[] = [];
  let at = 0;
  const share = new ProcessorShare({
    processors: 4,
    read: async () => {
      const found = looks[at];
      if (found === undefined || found === null) throw new Error("the kernel counts nothing");
      return found;
    },
    weigh: async (weight) => void weights.push(weight),
  });
  for (at = 0; at < looks.length; at += 1) await share.look(at * 1_000);
  return weights;
}

test("commands that take what they want on a full machine weigh lightly", async () => {
  expect(
    await weightsAfter([
      { usedSeconds: 5, idleSeconds: 100 },
      { usedSeconds: 8, idleSeconds: 100 },
      { usedSeconds: 9, idleSeconds: 100.3 },
    ]),
  ).toEqual(["light", "light"]);
});

test("commands that a full machine leaves less than a quarter weigh as much as others", async () => {
  expect(
    await weightsAfter([
      { usedSeconds: 5, idleSeconds: 100 },
      { usedSeconds: 5.9, idleSeconds: 100.3 },
      { usedSeconds: 8, idleSeconds: 100.3 },
    ]),
  ).toEqual(["even", "light"]);
});

test("commands that want little of an idle machine weigh lightly", async () => {
  expect(
    await weightsAfter([
      { usedSeconds: 5, idleSeconds: 100 },
      { usedSeconds: 5.1, idleSeconds: 103 },
    ]),
  ).toEqual(["light"]);
});

test("where nothing can be counted commands weigh as much as others, and the next look begins anew", async () => {
  expect(
    await weightsAfter([
      { usedSeconds: 5, idleSeconds: 100 },
      null,
      { usedSeconds: 8, idleSeconds: 100 },
      { usedSeconds: 11, idleSeconds: 100 },
    ]),
  ).toEqual(["even", "light"]);
});
