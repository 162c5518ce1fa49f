import autocannon from "autocannon";

export interface LoadRequest {
  readonly url: string;
  readonly method: "GET" | "POST";
  readonly headers: Readonly<Record<string, string>>;
  /** One for each connection, in turn; requests of GET have none. */
  readonly bodies: readonly string[];
  /** For each connection, in turn, added to `headers`. */
  readonly headersByConnection?: readonly Readonly<Record<string, string>>[];
  readonly connections: number;
  readonly seconds: number;
}

/** Requests a second that were answered with 2xx. Throws if any was answered otherwise: a fast refusal is no figure. */
export async function requestsPerSecond(request: LoadRequest): Promise<number> {
  let connection = 0;
  const result = await autocannon({
    url: request.url,
    method: request.method,
    headers: { ...request.headers },
    connections: request.connections,
    duration: request.seconds,
    setupClient: (client) => {
      const body = request.bodies[connection % Math.max(1, request.bodies.length)];
      const own = request.headersByConnection?.[connection % Math.max(1, request.headersByConnection.length)];
      connection += 1;
      if (own) client.setHeaders({ ...request.headers, ...own });
      if (body !== undefined) client.setBody(body);
    },
  });
  if (result.non2xx > 0 || result.errors > 0) {
    throw new Error(`${request.url}: ${result.non2xx} answers were no 2xx, ${result.errors} errors`);
  }
  return result.requests.total / result.duration;
}
