import { expect, test } from "vitest";
import { type Turn, type TurnBounds, type TurnRequest, Turns } from "./turns.ts";

const bounds: TurnBounds = {
  alone: { calls: 3, long: 2 },
  amongOthers: { calls: 1, long: 1 },
  holdMs: 100,
  longHoldMs: 1_000,
  recentMs: 250,
  waiting: 2,
  waitMs: 5_000,
  refuseAfterMs: 500,
  turnedAwayAtOnce: 1,
  restMsPerMegabyte: 20,
  restMsPerJudgedThousand: 10,
  restMsAfterRefusal: 30,
};

class Clients {
  now = 10_000;
  readonly served: string[] = [];
  readonly turns: Turns;

  constructor(soon: (work: () => void) => void = (work) => work()) {
    this.turns = new Turns(() => this.now, bounds, soon);
  }

  call(party: string, name: string, more: Partial<TurnRequest> = {}): Turn {
    const turn = this.turns.open({ party, ...more });
    this.await(turn, name);
    return turn;
  }

  await(turn: Turn, name: string): void {
    this.turns.await(turn, (refusal) => this.served.push(refusal ? `${name} ${refusal.code}` : name));
  }

  after(ms: number): readonly string[] {
    this.now += ms;
    this.turns.look();
    return this.served;
  }
}

test("a party that is alone is held up by nothing but its own bound", () => {
  const clients = new Clients();
  const calls = ["a1", "a2", "a3", "a4"].map((name) => clients.call("a", name));
  expect(clients.served).toEqual(["a1", "a2", "a3"]);
  clients.turns.leave(calls[1] as Turn);
  expect(clients.served).toEqual(["a1", "a2", "a3", "a4"]);
});

test("while others call, the calls of one party are served one after the other, in turn", () => {
  const clients = new Clients();
  const first = clients.call("b", "b1");
  const flood = ["a1", "a2", "a3"].map((name) => clients.call("a", name));
  expect(clients.served).toEqual(["b1", "a1"]);
  clients.turns.leave(first);
  clients.now += 200;
  clients.turns.leave(clients.call("b", "b2"));
  clients.turns.leave(flood[0] as Turn);
  expect(clients.served).toEqual(["b1", "a1", "a2", "b2"]);
  clients.turns.leave(flood[1] as Turn);
  expect(clients.served).toEqual(["b1", "a1", "a2", "b2", "a3"]);
});

test("readers that follow the ledger keep no list of their party waiting", () => {
  const clients = new Clients();
  clients.turns.leave(clients.call("b", "b1"));
  clients.turns.follow(clients.call("a", "stream", { long: true }));
  clients.call("a", "list", { long: true });
  expect(clients.after(99)).toEqual(["b1", "stream"]);
  expect(clients.after(1)).toEqual(["b1", "stream", "list"]);
});

test("once the others are quiet, a party has its calls at once again", () => {
  const clients = new Clients();
  clients.turns.leave(clients.call("b", "b1"));
  clients.call("a", "a1", { long: true });
  clients.call("a", "a2");
  clients.call("a", "a3");
  expect(clients.served).toEqual(["b1", "a1"]);
  expect(clients.after(249)).toEqual(["b1", "a1"]);
  expect(clients.after(1)).toEqual(["b1", "a1", "a2", "a3"]);
});

test("what runs for long counts no longer; a long read does until its bound", () => {
  const clients = new Clients();
  clients.call("b", "b1", { long: true });
  clients.call("a", "command");
  clients.call("a", "a2", { long: true });
  clients.call("a", "a3");
  expect(clients.after(99)).toEqual(["b1", "command"]);
  expect(clients.after(1)).toEqual(["b1", "command", "a2"]);
  expect(clients.after(999)).toEqual(["b1", "command", "a2", "a3"]);
});

test("long reads of one party are few at once also when it is alone", () => {
  const clients = new Clients();
  const [first] = ["l1", "l2", "l3"].map((name) => clients.call("a", name, { long: true }));
  expect(clients.served).toEqual(["l1", "l2"]);
  clients.turns.leave(first as Turn);
  expect(clients.served).toEqual(["l1", "l2", "l3"]);
});

test("beyond the calls that may wait, a call is refused after a moment, and so is one that waited too long", () => {
  const clients = new Clients();
  const other = clients.call("b", "b1", { long: true });
  const held = clients.call("a", "a1", { long: true });
  for (const name of ["a2", "a3", "a4"]) clients.call("a", name);
  clients.call("a", "probe", { unbounded: true });
  expect(clients.after(499)).toEqual(["b1", "a1"]);
  expect(clients.after(1)).toEqual(["b1", "a1", "a4 rate_limited"]);
  clients.turns.leave(other);
  while (clients.now < 15_000) {
    clients.await(held, "go on");
    clients.turns.leave(clients.call("b", "b"));
    clients.after(100);
  }
  expect(clients.served.filter((name) => /^a|^probe/.test(name))).toEqual([
    "a1",
    "a4 rate_limited",
    "a2 rate_limited",
    "a3 rate_limited",
  ]);
  clients.turns.leave(held);
  expect(clients.served.at(-1)).toBe("probe");
});

test("a call whose client went away is not begun and holds up nobody", () => {
  const clients = new Clients();
  clients.call("b", "b1", { long: true });
  const held = clients.call("a", "a1");
  const gone = clients.call("a", "a2");
  clients.call("a", "a3");
  clients.turns.leave(gone);
  clients.turns.leave(held);
  expect(clients.served).toEqual(["b1", "a1", "a3"]);
});

test("a turn is free only when the connection and what works for it are done with it", () => {
  const clients = new Clients();
  clients.call("b", "b1", { long: true });
  const turn = clients.call("a", "a1");
  clients.turns.share(turn);
  clients.call("a", "a2");
  clients.turns.leave(turn);
  expect(clients.served).toEqual(["b1", "a1"]);
  clients.turns.leave(turn);
  expect(clients.served).toEqual(["b1", "a1", "a2"]);
});

test("a request that took long to arrive waits again before it is worked on", () => {
  const clients = new Clients();
  clients.call("b", "b1", { long: true });
  const slow = clients.call("a", "a1");
  clients.after(100);
  const next = clients.call("a", "a2");
  clients.await(slow, "a1 again");
  expect(clients.served).toEqual(["b1", "a1", "a2"]);
  clients.turns.leave(next);
  expect(clients.served).toEqual(["b1", "a1", "a2", "a1 again"]);
});

test("while others call, a party rests after a call in proportion to what was read for it; alone it does not", () => {
  const clients = new Clients();
  const megabytes = { large: true, bytesRead: () => 3_000_000 };
  const [first] = ["alone 1", "alone 2", "alone 3"].map((name) => clients.call("a", name, megabytes));
  clients.turns.leave(first as Turn);
  expect(clients.served).toEqual(["alone 1", "alone 2", "alone 3"]);
  clients.after(1_000);
  const other = clients.call("b", "b1", { long: true });
  const large = clients.call("a", "large", megabytes);
  clients.turns.leave(large);
  clients.call("a", "after");
  expect(clients.after(59).at(-1)).toBe("large");
  expect(clients.after(1).at(-1)).toBe("after");
  clients.turns.leave(clients.call("c", "kilobytes", { large: true, bytesRead: () => 200_000 }));
  clients.call("c", "at once");
  expect(clients.served.at(-1)).toBe("at once");
  clients.turns.leave(other);
});

test("while others call, a party rests after a command line in proportion to its length", () => {
  const clients = new Clients();
  const other = clients.call("b", "b1", { long: true });
  const judged = (characters: number): void => {
    const turn = clients.call("a", `of ${String(characters)}`);
    clients.turns.judge(turn, characters);
    clients.turns.leave(turn);
  };
  judged(1_999);
  judged(20_000);
  clients.call("a", "after");
  expect(clients.served).toEqual(["b1", "of 1999", "of 20000"]);
  expect(clients.after(199).at(-1)).toBe("of 20000");
  expect(clients.after(1).at(-1)).toBe("after");
  clients.turns.leave(other);
});

test("a large call counts for as long as any, and not for as long as a long one", () => {
  const clients = new Clients();
  clients.call("b", "b1", { long: true });
  clients.call("a", "transition", { large: true });
  clients.call("a", "after");
  expect(clients.after(99).at(-1)).toBe("transition");
  expect(clients.after(1).at(-1)).toBe("after");
});

test("refusals at one address are answered one after the other, and rest in between while others call", () => {
  const clients = new Clients();
  const refuse = (name: string): Turn => clients.call("refused", name, { refused: true });
  const [alone] = [refuse("r1"), refuse("r2")];
  expect(clients.served).toEqual(["r1"]);
  clients.turns.leave(alone);
  expect(clients.served).toEqual(["r1", "r2"]);
  clients.turns.leave(clients.call("b", "b1"));
  clients.turns.leave(refuse("r3"));
  clients.after(100);
  const held = refuse("r4");
  refuse("r5");
  clients.turns.leave(held);
  clients.turns.leave(clients.call("b", "b2"));
  expect(clients.after(29).at(-1)).toBe("b2");
  expect(clients.after(1).at(-1)).toBe("r5");
});

test("who is refused is none who calls: an agent beside refusals has its calls at once", () => {
  const clients = new Clients();
  clients.call("refused", "r1", { refused: true });
  for (const name of ["a1", "a2", "a3"]) clients.call("a", name);
  expect(clients.turns.haveOthers).toBe(false);
  expect(clients.served).toEqual(["r1", "a1", "a2", "a3"]);
});

test("those that are turned away are answered a few at a time", () => {
  const clients = new Clients();
  clients.call("b", "b1", { long: true });
  for (const name of ["r1", "r2", "r3", "r4", "r5"]) clients.call("a", name, { long: true });
  expect(clients.after(500)).toEqual(["b1", "r1", "r4 rate_limited"]);
  expect(clients.after(25)).toEqual(["b1", "r1", "r4 rate_limited", "r5 rate_limited"]);
});

test("a call that waited begins in a turn of the event loop of its own", () => {
  const work: (() => void)[] = [];
  const clients = new Clients((next) => work.push(next));
  const calls = ["a1", "a2", "a3", "a4", "a5"].map((name) => clients.call("a", name));
  for (const call of calls.slice(0, 2)) clients.turns.leave(call);
  expect(clients.served).toEqual(["a1", "a2", "a3"]);
  expect(work).toHaveLength(1);
  work.shift()?.();
  expect(clients.served).toEqual(["a1", "a2", "a3", "a4", "a5"]);
});
