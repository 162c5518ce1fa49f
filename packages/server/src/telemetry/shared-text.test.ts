import { expect, test } from "vitest";
import { SharedText } from "./shared-text.ts";

function counted(): { readonly shared: SharedText; readonly time: { now: number } } {
  const time = { now: 0 };
  let reads = 0;
  const read = async (): Promise<string> => {
    reads += 1;
    if (reads === 1) throw new Error("not yet");
    return `read ${reads}`;
  };
  return { shared: new SharedText({ read, now: () => time.now, keptMs: 1_000 }), time };
}

test("a text is made once for all who ask at once and within a moment, and anew after it", async () => {
  const { shared, time } = counted();
  await expect(shared.read()).rejects.toThrow("not yet");
  expect(await Promise.all([shared.read(), shared.read(), shared.read()])).toEqual(["read 2", "read 2", "read 2"]);
  time.now = 999;
  expect(await shared.read()).toBe("read 2");
  time.now = 1_000;
  expect(await shared.read()).toBe("read 3");
});
