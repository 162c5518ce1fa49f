import { type Digest, PhasegateError, type Principal } from "@phasegate/wire";
import type { Authenticator, Identity } from "../auth/authenticator.ts";
import type { Caller, IdempotentRequest } from "../context.ts";

/** The caller of one request. Its signal is made only when a use case looks at it. */
export class RequestCaller implements Caller {
  principal: Principal;
  authorityVersion: number | null;
  idempotency: IdempotentRequest | null = null;
  readonly requestId: string;
  startedAt = 0;
  /** Of a large body whose call may be repeated: making it takes as long as parsing. */
  bodyDigest: Digest | null = null;
  /** Set by the http layer: answers `timed_out` if nothing was answered yet. */
  onTimeOut: (() => void) | null = null;
  private readonly authenticator: Authenticator;
  private controller: AbortController | null = null;
  private abortedBy: PhasegateError | null = null;

  constructor(requestId: string, identity: Identity, authenticator: Authenticator) {
    this.requestId = requestId;
    this.principal = identity.principal;
    this.authorityVersion = identity.authorityVersion;
    this.authenticator = authenticator;
  }

  get signal(): AbortSignal {
    if (!this.controller) {
      this.controller = new AbortController();
      if (this.abortedBy) this.controller.abort(this.abortedBy);
    }
    return this.controller.signal;
  }

  async revalidate(): Promise<void> {
    const identity = await this.authenticator.revalidate(this.principal);
    this.principal = identity.principal;
    this.authorityVersion = identity.authorityVersion;
  }

  timeOut(): void {
    this.abort(new PhasegateError("timed_out", "deciding took longer than `server.timeout_seconds`"));
    this.onTimeOut?.();
  }

  /** Nobody will read the answer. */
  disconnect(why: string): void {
    this.abort(new PhasegateError("timed_out", why));
  }

  private abort(reason: PhasegateError): void {
    this.abortedBy ??= reason;
    this.controller?.abort(reason);
  }
}
