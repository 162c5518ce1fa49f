import type { Server, Socket } from "node:net";

/**
 * Bounds the connections that a server holds open, in all and from one address, so that idle sockets of one client
 * leave room for the others. One more is closed without an answer: nothing was read from it yet.
 */
export function boundConnections(server: Server, bounds: { readonly all: number; readonly perAddress: number }): void {
  server.maxConnections = bounds.all;
  const open = new Map<string, number>();
  server.prependListener("connection", (socket: Socket) => {
    const address = socket.remoteAddress ?? "";
    const count = (open.get(address) ?? 0) + 1;
    if (count > bounds.perAddress) {
      socket.destroy();
      return;
    }
    open.set(address, count);
    socket.once("close", () => {
      const left = (open.get(address) ?? 1) - 1;
      if (left === 0) open.delete(address);
      else open.set(address, left);
    });
  });
}
