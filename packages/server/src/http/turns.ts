import type { IncomingMessage } from "node:http";
import { PhasegateError, type Principal } from "@phasegate/wire";
import { largeBodyBytes } from "./large-bodies.ts";

export interface Share {
  readonly calls: number;
  /** Of these calls, those that read much. */
  readonly long: number;
}

export interface TurnBounds {
  /** What one party has in work at once while nobody else calls. */
  readonly alone: Share;
  /** What one party has in work at once while others call. */
  readonly amongOthers: Share;
  /** A call that still runs after so long waits for something else than this thread: it counts no longer. */
  readonly holdMs: number;
  /** The same for a long call. */
  readonly longHoldMs: number;
  /** Whoever was served less than so long ago still counts as one who calls. */
  readonly recentMs: number;
  /** Calls of one party that wait; those beyond it are refused. */
  readonly waiting: number;
  /** A call that waited so long is refused. */
  readonly waitMs: number;
  /** A call beyond `waiting` hears of it after so long, so that a flood of refusals costs little. */
  readonly refuseAfterMs: number;
  /** Of calls that were refused so, no more are answered at a time. */
  readonly turnedAwayAtOnce: number;
  /** While others call, a party rests so long after a call for each megabyte that was read for it. */
  readonly restMsPerMegabyte: number;
  /** The same for each thousand characters of a command line that was judged for it. */
  readonly restMsPerJudgedThousand: number;
  /** While others call, a party rests at least so long after a refusal. */
  readonly restMsAfterRefusal: number;
}

export const defaultTurnBounds: TurnBounds = {
  alone: { calls: 64, long: 4 },
  amongOthers: { calls: 1, long: 1 },
  holdMs: 50,
  longHoldMs: 10_000,
  recentMs: 250,
  waiting: 256,
  waitMs: 20_000,
  refuseAfterMs: 1_000,
  turnedAwayAtOnce: 4,
  restMsPerMegabyte: 20,
  restMsPerJudgedThousand: 10,
  restMsAfterRefusal: 20,
};

const lookEveryMs = 25;
/** A shorter command line is judged as fast as anything else is answered. */
const shortCommand = 2_000;

export interface TurnRequest {
  /** Who calls: a principal, the address of whoever has no key, or either for what it is refused. */
  readonly party: string;
  /** Is nothing but a refusal: one at once of a party, also where it is alone, and no call to others. */
  readonly refused?: boolean;
  /** Is never refused, however many wait. */
  readonly unbounded?: boolean;
  /** Reads much: works on this thread for most of the time that it takes. */
  readonly long?: boolean;
  /** May have a body of megabytes: few of one party are in work at once, as of long ones. */
  readonly large?: boolean;
  /** How much was read for it until now. */
  readonly bytesRead?: () => number;
}

/** Called once: at once, later, or with why there is no turn. Not after the turn was left. */
type Begin = (refusal: PhasegateError | null) => void;

interface Party {
  readonly name: string;
  readonly refused: boolean;
  held: number;
  /** Of those held, the long and the large ones. */
  long: number;
  /** While others call, nothing is begun before. */
  restsUntil: number;
  /** In the order in which they came. */
  readonly waiting: Set<Turn>;
}

type State = "new" | "waiting" | "turned_away" | "held" | "counted_no_longer" | "left";

/** The place of one call. It waits, is held, and is left; one held for long counts no longer, and is left later. */
export interface Turn {
  party: Party;
  readonly unbounded: boolean;
  long: boolean;
  holdMs: number;
  readonly bytesRead: () => number;
  /** Characters of the command line that was judged for it. */
  judged: number;
  begin: Begin;
  state: State;
  /** Who has to leave it: the connection, and what works for it. */
  users: number;
  /** When it came to its state. */
  since: number;
}

/**
 * Calls of many parties take turns at the one thread that serves them: while others call, each party has a few in work
 * at once, and the rest of its calls wait in the order in which they came. A party that is alone is held up by nothing.
 * What runs for long (a command, a stream, a request that waits) is counted only at its beginning. A call that waited
 * begins in a turn of the event loop of its own: cheap ones would follow each other without an end, and nobody else's
 * be read.
 */
export class Turns {
  readonly #bounds: TurnBounds;
  readonly #now: () => number;
  readonly #soon: (work: () => void) => void;
  readonly #parties = new Map<string, Party>();
  /** In the order in which they were given. */
  readonly #held = new Set<Turn>();
  readonly #turnedAway = new Set<Turn>();
  readonly #resting = new Set<Party>();
  /** Those that may have got room; served soon. */
  #relieved = new Set<Party>();
  #isServingSoon = false;
  /** The two that were served last: who of them is another than one who asks tells whether others call. */
  #last = { party: "", at: Number.NEGATIVE_INFINITY };
  #lastOther = { party: "", at: Number.NEGATIVE_INFINITY };
  /** Of the turns that are held, those of calls that are not refused. */
  #callsHeld = 0;
  #waiting = 0;
  #timer: NodeJS.Timeout | null = null;

  constructor(
    now: () => number,
    bounds: TurnBounds = defaultTurnBounds,
    soon: (work: () => void) => void = (work) => void setImmediate(work),
  ) {
    this.#now = now;
    this.#bounds = bounds;
    this.#soon = soon;
  }

  /** True while calls of more than one party are served. */
  get haveOthers(): boolean {
    if (this.#now() - this.#lastOther.at < this.#bounds.recentMs) return true;
    for (const { party } of this.#held) if (!party.refused && party.name !== this.#last.party) return true;
    return false;
  }

  /** The place of one call, to be left once. */
  open(request: TurnRequest): Turn {
    const { party, unbounded = false, refused = false, long = false, large = false, bytesRead = noBytes } = request;
    const holdMs = long ? this.#bounds.longHoldMs : this.#bounds.holdMs;
    const kind = { unbounded, long: long || large, holdMs, bytesRead, judged: 0 };
    return { party: this.#partyOf(party, refused), ...kind, begin: nothing, state: "new", since: 0, users: 1 };
  }

  /**
   * Calls `begin` when it is the turn of this call: at once, or when those before it made room. Called again for a call
   * that is further on: at once, or, where getting there took long, after it waited again.
   */
  await(turn: Turn, begin: Begin): void {
    const now = this.#now();
    this.#endLong(now);
    if (turn.state === "new" || turn.state === "counted_no_longer") {
      turn.begin = begin;
      turn.party = this.#partyOf(turn.party.name, turn.party.refused);
      this.#place(turn, now);
      return;
    }
    if (turn.state === "held") {
      this.#held.delete(turn);
      this.#held.add(turn);
      turn.since = now;
    }
    begin(null);
  }

  /** A call that was taken for a list follows the ledger: from now on it waits for what comes, and counts as any call. */
  follow(turn: Turn): void {
    const wasLong = turn.long;
    turn.long = false;
    turn.holdMs = this.#bounds.holdMs;
    if (turn.state !== "held") return;
    const now = this.#now();
    if (wasLong) turn.party.long -= 1;
    this.#held.delete(turn);
    this.#held.add(turn);
    turn.since = now;
    this.#relieve(turn.party);
  }

  /** A command line of so many characters is judged for this call: work of this thread alone, as reading is. */
  judge(turn: Turn, characters: number): void {
    turn.judged = characters;
  }

  /** One more has to leave the turn before it is free. */
  share(turn: Turn): void {
    turn.users += 1;
  }

  leave(turn: Turn): void {
    turn.users -= 1;
    if (turn.users > 0) return;
    const { party, state } = turn;
    const now = this.#now();
    turn.state = "left";
    if (state === "turned_away") this.#turnedAway.delete(turn);
    else if (state === "waiting") this.#stopWaiting(turn);
    else this.#touch(party, now);
    if (state === "held") this.#release(turn, now);
    this.#forget(party);
    this.#stopIfIdle();
  }

  /** Looks at what the passing of time brings; a timer does while any call waits. */
  look(): void {
    const now = this.#now();
    this.#endLong(now);
    let turnedAway = 0;
    for (const turn of this.#turnedAway) {
      if (now - turn.since < this.#bounds.refuseAfterMs || turnedAway >= this.#bounds.turnedAwayAtOnce) break;
      turnedAway += 1;
      this.#turnedAway.delete(turn);
      this.#refuse(turn, `${this.#bounds.waiting} calls of this client wait, the limit of one`);
    }
    for (const party of this.#resting) {
      if (now < party.restsUntil) continue;
      this.#resting.delete(party);
      this.#forget(party);
    }
    for (const party of this.#parties.values()) {
      for (const turn of party.waiting) {
        if (now - turn.since < this.#bounds.waitMs) break;
        if (turn.unbounded) continue;
        this.#stopWaiting(turn);
        this.#refuse(turn, "the calls of this client before it took too long");
      }
      this.#serve(party, now);
    }
    this.#stopIfIdle();
  }

  #place(turn: Turn, now: number): void {
    const { party } = turn;
    if (party.waiting.size === 0 && this.#hasRoom(turn, now)) this.#hold(turn, now);
    else if (party.waiting.size < this.#bounds.waiting || turn.unbounded || turn.state !== "new") this.#wait(turn, now);
    else {
      turn.state = "turned_away";
      turn.since = now;
      this.#turnedAway.add(turn);
      this.#startTimer();
    }
  }

  #hold(turn: Turn, now: number): void {
    turn.state = "held";
    turn.since = now;
    turn.party.held += 1;
    if (turn.long) turn.party.long += 1;
    this.#held.add(turn);
    if (!turn.party.refused) this.#callsHeld += 1;
    this.#touch(turn.party, now);
    turn.begin(null);
  }

  #wait(turn: Turn, now: number): void {
    turn.state = "waiting";
    turn.since = now;
    turn.party.waiting.add(turn);
    this.#waiting += 1;
    this.#startTimer();
  }

  #stopWaiting(turn: Turn): void {
    if (turn.party.waiting.delete(turn)) this.#waiting -= 1;
  }

  #relieve(party: Party): void {
    if (party.waiting.size === 0) return;
    this.#relieved.add(party);
    if (this.#isServingSoon) return;
    this.#isServingSoon = true;
    this.#soon(() => this.#serveRelieved());
  }

  #serveRelieved(): void {
    const relieved = this.#relieved;
    this.#relieved = new Set();
    this.#isServingSoon = false;
    const now = this.#now();
    for (const party of relieved) this.#serve(party, now);
  }

  #serve(party: Party, now: number): void {
    for (const turn of party.waiting) {
      if (!this.#hasRoom(turn, now)) return;
      this.#stopWaiting(turn);
      this.#hold(turn, now);
    }
  }

  #endLong(now: number): void {
    for (const turn of this.#held) {
      if (now - turn.since < this.#bounds.holdMs) return;
      if (now - turn.since < turn.holdMs) continue;
      turn.state = "counted_no_longer";
      this.#release(turn, now);
      this.#forget(turn.party);
    }
  }

  #release(turn: Turn, now: number): void {
    this.#held.delete(turn);
    if (!turn.party.refused) this.#callsHeld -= 1;
    turn.party.held -= 1;
    if (turn.long) turn.party.long -= 1;
    this.#rest(turn, now);
    this.#relieve(turn.party);
  }

  /** From the moment at which the call was over, which may be seen only later. */
  #rest({ party, since, holdMs, bytesRead, judged }: Turn, now: number): void {
    const bytes = bytesRead();
    const forBytes = bytes >= largeBodyBytes ? (bytes / 1_000_000) * this.#bounds.restMsPerMegabyte : 0;
    const forJudging = judged >= shortCommand ? (judged / 1_000) * this.#bounds.restMsPerJudgedThousand : 0;
    const restMs = Math.max(forBytes, forJudging, party.refused ? this.#bounds.restMsAfterRefusal : 0);
    party.restsUntil = Math.max(party.restsUntil, Math.min(now, since + holdMs) + restMs);
    if (party.restsUntil <= now) return;
    this.#resting.add(party);
    this.#startTimer();
  }

  #refuse(turn: Turn, why: string): void {
    turn.state = "counted_no_longer";
    this.#forget(turn.party);
    turn.begin(
      new PhasegateError("rate_limited", why, { retryAfterSeconds: 1, hint: "wait for answers before you send more" }),
    );
  }

  #hasRoom({ party, long }: Turn, now: number): boolean {
    const { alone, amongOthers } = this.#bounds;
    const othersCall = this.#othersCall(party, now);
    if (othersCall && now < party.restsUntil) return false;
    const share = othersCall || party.refused ? amongOthers : alone;
    return party.held < share.calls && (!long || party.long < share.long);
  }

  #othersCall(party: Party, now: number): boolean {
    const other = this.#last.party === party.name ? this.#lastOther : this.#last;
    return this.#callsHeld > (party.refused ? 0 : party.held) || now - other.at < this.#bounds.recentMs;
  }

  #touch({ name: party, refused }: Party, now: number): void {
    if (refused) return;
    if (this.#last.party === party) {
      this.#last.at = now;
      return;
    }
    this.#lastOther = this.#last;
    this.#last = { party, at: now };
  }

  #partyOf(name: string, refused: boolean): Party {
    const known = this.#parties.get(name);
    if (known) return known;
    const party: Party = { name, refused, held: 0, long: 0, restsUntil: 0, waiting: new Set() };
    this.#parties.set(name, party);
    return party;
  }

  #forget(party: Party): void {
    if (party.held > 0 || party.waiting.size > 0 || this.#resting.has(party)) return;
    if (this.#parties.get(party.name) === party) this.#parties.delete(party.name);
  }

  #startTimer(): void {
    if (this.#timer) return;
    this.#timer = setInterval(() => this.look(), lookEveryMs);
    this.#timer.unref();
  }

  #stopIfIdle(): void {
    if (!this.#timer || this.#waiting > 0 || this.#turnedAway.size > 0 || this.#resting.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = null;
  }
}

function nothing(): void {}

function noBytes(): number {
  return 0;
}

/** Who is refused: no call of whoever has a key, and nothing that is free from it, stands in this line. */
export function refusedParty(request: IncomingMessage, holder: Principal | null): string {
  return `refused ${holder?.id ?? addressOf(request)}`;
}

/** Who calls without a key. */
export function addressOf({ socket }: IncomingMessage): string {
  return `address ${socket.remoteAddress ?? ""}`;
}
