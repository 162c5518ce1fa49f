export interface Answer {
  readonly status: number;
  // Tests look into answers at will; what is not there compares as undefined.
  readonly body: Record<string, unknown>;
  readonly headers: Headers;
}

/** Plain HTTP calls under one key, knowing nothing of the product but its paths. */
export class Api {
  readonly url: string;
  readonly key: string | null;

  constructor(url: string, key: string | null) {
    this.url = url;
    this.key = key;
  }

  /** The same key at another address: a server that was restarted. */
  at(url: string): Api {
    return new Api(url, this.key);
  }

  get(path: string, headers: Record<string, string> = {}): Promise<Answer> {
    return this.call("GET", path, undefined, headers);
  }

  post(path: string, body: unknown = {}, headers: Record<string, string> = {}): Promise<Answer> {
    return this.call("POST", path, body, headers);
  }

  delete(path: string): Promise<Answer> {
    return this.call("DELETE", path);
  }

  async call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    const target = /^\/(health|metrics|openapi|docs)|^\/$/.test(path) ? path : `/api/v1${path}`;
    const response = await fetch(this.url + target, {
      method,
      headers: {
        ...(this.key === null ? {} : { Authorization: `Bearer ${this.key}` }),
        ...(body === undefined ? {} : { "Content-Type": "application/json" }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: parse(text), headers: response.headers };
  }
}

function parse(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return { text };
  }
}
