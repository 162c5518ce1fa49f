import type { Socket } from "node:net";

/** The connections on which a refusal waits for its turn. Whoever sends on without it gets that answer and no other. */
export class PendingRefusals {
  /** Whether more was sent behind the refused request. */
  readonly #sentOn = new WeakMap<Socket, boolean>();

  begin(socket: Socket): void {
    this.#sentOn.set(socket, false);
  }

  has(socket: Socket): boolean {
    return this.#sentOn.has(socket);
  }

  /** Another request came on the connection: nothing more of it is parsed. */
  stop(socket: Socket): void {
    this.#sentOn.set(socket, true);
    parseNoFurther(socket);
  }

  /** The refusal leaves now; true where the connection is to end with it. */
  end(socket: Socket): boolean {
    const sentOn = this.#sentOn.get(socket) ?? false;
    this.#sentOn.delete(socket);
    return sentOn;
  }
}

/** What node's parser takes as: the rest of this piece is none of yours. */
const leaveTheRest = 2;

/**
 * Nothing more is read of the connection, and of what was read in one piece with the request that is being handled no
 * more than one request is parsed: a piece of 64 kB holds 2,000 of them.
 */
export function parseNoFurther(socket: Socket): void {
  socket.pause();
  // Node has no call for it: without this property the rest is parsed, and dropped.
  const { parser } = socket as Socket & { readonly parser?: { onIncoming: unknown } | null };
  if (parser) parser.onIncoming = () => leaveTheRest;
}
