import { once } from "node:events";
import { rmSync } from "node:fs";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";

/** What a service of the host says to whoever connects. */
const greeting = "what only the host may read\n";

/** Something that stays open until its case is over. */
export interface Held {
  close(): Promise<void>;
}

/** A service of the host, and where: a port for `tcp`, else the path of a unix socket, `@name` for an abstract one. */
export async function listenOnHost(where: string): Promise<Held & { readonly port: number | null }> {
  const path = where.startsWith("@") ? `\0${where.slice(1)}` : where;
  const server = createServer((socket) => void socket.on("error", () => undefined).end(greeting));
  server.listen(where === "tcp" ? { port: 0, host: "127.0.0.1" } : { path });
  await once(server, "listening");
  return {
    port: where === "tcp" ? (server.address() as AddressInfo).port : null,
    close: async () => {
      await new Promise((closed) => server.close(closed));
      if (where !== "tcp" && !where.startsWith("@")) rmSync(path, { force: true });
    },
  };
}

/** Connections to a server that send the beginning of something and then nothing. */
export async function holdConnections(url: string, count: number, sends: string): Promise<Held> {
  const { hostname, port } = new URL(url);
  const sockets: Socket[] = [];
  for (let index = 0; index < count; index += 1) {
    const socket = connect({ host: hostname, port: Number(port) });
    socket.on("error", () => undefined);
    sockets.push(socket);
  }
  await Promise.all(
    sockets.map(async (socket) => {
      await Promise.race([once(socket, "connect"), once(socket, "close")]).catch(() => undefined);
      if (!socket.destroyed) socket.write(sends);
    }),
  );
  return {
    close: async () => {
      for (const socket of sockets) socket.destroy();
    },
  };
}
