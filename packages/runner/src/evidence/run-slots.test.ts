import { expect, test } from "vitest";
import { RunSlots } from "./run-slots.ts";

const never = new AbortController().signal;

/** Runs that end when they are told to, and say in which order they began. */
function recorder(slots: RunSlots) {
  const began: string[] = [];
  const ends = new Map<string, () => void>();
  const ask = (owner: string, name: string, signal = never) =>
    slots.use(owner, signal, () => {
      began.push(name);
      const { promise, resolve } = Promise.withResolvers<void>();
      ends.set(name, resolve);
      return promise;
    });
  return { began, ask, end: (name: string) => ends.get(name)?.() };
}

test("owners take turns, whatever number of runs each has waiting", async () => {
  const { began, ask, end } = recorder(new RunSlots(1));
  const asked = [ask("hoarder", "h1"), ask("hoarder", "h2"), ask("hoarder", "h3"), ask("other", "o1")];
  for (const [index, name] of ["h1", "h2", "o1", "h3"].entries()) {
    await expect.poll(() => began.length).toBe(index + 1);
    end(name);
  }
  await Promise.all(asked);
  expect(began).toEqual(["h1", "h2", "o1", "h3"]);
});

test("one owner has at most half of the places", async () => {
  const { began, ask, end } = recorder(new RunSlots(4));
  const asked = [1, 2, 3, 4].map((index) => ask("hoarder", `h${index}`));
  asked.push(ask("other", "o1"));
  await expect.poll(() => began).toEqual(["h1", "h2", "o1"]);
  for (const name of ["h1", "h2", "o1"]) end(name);
  await expect.poll(() => began.slice(3)).toEqual(["h3", "h4"]);
  for (const name of ["h3", "h4"]) end(name);
  await Promise.all(asked);
});

test("a run that is cancelled while it waits never starts, and closing cancels all", async () => {
  const slots = new RunSlots(1);
  const { began, ask, end } = recorder(slots);
  const first = ask("a", "first");
  const controller = new AbortController();
  const second = ask("a", "second", controller.signal);
  controller.abort();
  await expect(second).rejects.toMatchObject({ code: "workspace_unavailable" });
  const third = ask("b", "third");
  const closed = slots.close();
  await expect(third).rejects.toMatchObject({ code: "workspace_unavailable" });
  end("first");
  await expect(first).rejects.toMatchObject({ code: "workspace_unavailable" });
  await closed;
  expect(began).toEqual(["first"]);
});

test("each change of the places is told", async () => {
  const told: unknown[] = [];
  const { began, ask, end } = recorder(new RunSlots(1, (slots) => told.push(slots)));
  const asked = [ask("one", "a"), ask("two", "b")];
  for (const [index, name] of ["a", "b"].entries()) {
    await expect.poll(() => began.length).toBe(index + 1);
    end(name);
  }
  await Promise.all(asked);
  expect(told).toEqual([
    { busy: 0, waiting: 0, limit: 1 },
    { busy: 1, waiting: 0, limit: 1 },
    { busy: 1, waiting: 1, limit: 1 },
    { busy: 1, waiting: 0, limit: 1 },
    { busy: 0, waiting: 0, limit: 1 },
  ]);
});
