import type { Ledger } from "@phasegate/ledger";
import { wait } from "@phasegate/resilience";
import type { WebSocket } from "ws";
import { cloudEvent } from "./cloud-event.ts";
import { type EventFilter, isWanted } from "./event-stream.ts";

/** How a stream of events over a WebSocket ends; every one may be resumed after the last position read. */
export const closeCodes = {
  /** The server shuts down. */
  goingAway: 1001,
  /** The reader sent a message; the stream takes none. */
  unexpectedMessage: 1003,
  /** The ledger could not be read. */
  fault: 1011,
  /** The key is revoked, or past its time. */
  keyEnded: 4401,
  /** The reader took too long over what was sent. */
  tooSlow: 4408,
} as const;

export interface SocketReaderOptions extends EventFilter {
  readonly socket: WebSocket;
  readonly ledger: Ledger;
  readonly after: number;
  readonly mayRead: () => boolean;
  readonly heartbeatMs: number;
  /** A reader that has not taken what was sent within this is dropped. */
  readonly slowMs: number;
  readonly signal: AbortSignal;
}

interface ReaderState {
  /** It has answered the last ping. */
  isAlive: boolean;
  /** More waits for it than may: it has `slowMs` to take it. */
  isBehind: boolean;
}

/** Bytes that may wait for a reader before nothing more is read for it. */
const maxBufferedBytes = 65_536;

/**
 * Sends events as CloudEvents, one a message, from a position on, until the reader or the server goes. Nothing is read
 * ahead of a reader that is behind; one that stays behind is dropped with `tooSlow` and the position to resume from. A
 * ping goes out regularly, and a reader that answers none is gone; while it is behind, it is judged by that alone.
 */
export async function sendEvents(options: SocketReaderOptions): Promise<void> {
  const { socket, ledger, after } = options;
  const ending = new AbortController();
  const signal = AbortSignal.any([options.signal, ending.signal]);
  socket.once("close", () => ending.abort());
  const state: ReaderState = { isAlive: true, isBehind: false };
  const pings = keepAlive(options, state);
  let position = after;
  try {
    for await (const event of ledger.follow({ after, signal, reader: "socket" })) {
      if (signal.aborted) break;
      if (!options.mayRead()) return socket.close(closeCodes.keyEnded, "the key is revoked or past its time");
      position = event.position;
      if (!isWanted(options, event)) continue;
      if (!(await send(options, JSON.stringify(cloudEvent(event)), { signal, state }))) {
        return socket.close(closeCodes.tooSlow, `too slow; resume with after=${position - 1}`);
      }
    }
    if (!ending.signal.aborted) socket.close(closeCodes.goingAway, `shutting down; resume with after=${position}`);
  } finally {
    clearInterval(pings);
  }
}

/** False when the reader did not take it in time. */
async function send(
  { socket, slowMs }: SocketReaderOptions,
  text: string,
  { signal, state }: { readonly signal: AbortSignal; readonly state: ReaderState },
): Promise<boolean> {
  const sent = new Promise<true>((resolve) => socket.send(text, () => resolve(true)));
  if (socket.bufferedAmount <= maxBufferedBytes) return true;
  const over = new AbortController();
  const late = wait(slowMs, AbortSignal.any([over.signal, signal])).then(
    () => false,
    () => true,
  );
  state.isBehind = true;
  const taken = await Promise.race([sent, late]);
  over.abort();
  state.isBehind = false;
  state.isAlive = true;
  return taken;
}

function keepAlive({ socket, heartbeatMs, mayRead }: SocketReaderOptions, state: ReaderState): NodeJS.Timeout {
  socket.on("pong", () => {
    state.isAlive = true;
  });
  const ping = (): void => {
    // A ping waits behind the events that the reader has not taken.
    if (state.isBehind) return;
    if (!state.isAlive) return socket.terminate();
    state.isAlive = false;
    socket.ping();
  };
  const timer = setInterval(() => {
    if (!mayRead()) return socket.close(closeCodes.keyEnded, "the key is revoked or past its time");
    // RACE: after a busy spell of the server the timer is due before what arrived meanwhile is read.
    setImmediate(ping);
  }, heartbeatMs);
  timer.unref();
  return timer;
}
