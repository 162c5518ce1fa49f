import { hash, randomBytes } from "node:crypto";
import type { Ledger } from "@phasegate/ledger";
import {
  type Digest,
  type KeyId,
  type NewEvent,
  PhasegateError,
  type Principal,
  type PrincipalId,
  type PrincipalKind,
  type PrincipalRole,
} from "@phasegate/wire";
import type { Logger } from "pino";
import type { Clock, Ids } from "../context.ts";
import { KeyFold, type KeyState, keyEventTypes } from "./key-fold.ts";

export interface NewKey {
  readonly name: string;
  readonly kind: PrincipalKind;
  readonly roles: readonly PrincipalRole[];
  readonly owner: PrincipalId | null;
  readonly expiresInSeconds: number | null;
}

export interface KeyRingParts {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Logger;
}

const readLimit = 1_000;
const maxAttempts = 5;

/**
 * The principals and their keys, as the ledger has them. Only digests of keys are kept, and each key has 256 random
 * bits, so a lookup by digest tells an attacker who times it nothing. Kept current by own appends and by following
 * the ledger; `close` ends that.
 */
export class KeyRing {
  /** Version of keys, roles and revocations that this instance has read. */
  authorityVersion = 0;
  private readonly fold = new KeyFold();
  private readonly parts: KeyRingParts;
  private readonly stopping = new AbortController();
  private position = 0;
  private following: Promise<void> = Promise.resolve();
  private changing: Promise<unknown> = Promise.resolve();

  private constructor(parts: KeyRingParts) {
    this.parts = parts;
  }

  static async open(parts: KeyRingParts): Promise<KeyRing> {
    const ring = new KeyRing(parts);
    await ring.refresh();
    ring.following = ring.follow();
    return ring;
  }

  async close(): Promise<void> {
    this.stopping.abort();
    await this.following;
  }

  /** The principal of a key that was shown, or null: unknown, revoked, past its time. */
  principalOf(key: string): Principal | null {
    return this.fold.live(verifierOf(key), this.parts.clock.now())?.principal ?? null;
  }

  principalOfKey(id: KeyId): Principal | null {
    return this.fold.liveById(id, this.parts.clock.now())?.principal ?? null;
  }

  /** Whether this principal's last key was revoked: what it holds is taken from it. A key past its time is none such. */
  isCutOff(principal: PrincipalId): boolean {
    const newest = this.fold.newestKeyOf(principal);
    return newest !== null && newest.revokedAt !== null && !this.hasLiveKey(principal);
  }

  /** A principal by id or name; null when there is none. */
  findPrincipal(idOrName: string): Principal | null {
    const id = this.fold.principalNamed(idOrName) ?? (idOrName as PrincipalId);
    return this.fold.newestKeyOf(id)?.principal ?? null;
  }

  /** Agents that this principal answers for: authors of each other's work. */
  agentsOf(owner: PrincipalId): PrincipalId[] {
    return [...this.fold.agentsOf(owner)];
  }

  /**
   * False when `agentId` is the name or id of another principal, or reads like it: nobody works under someone else's
   * name. Any other label is free.
   */
  agentNameAllowed(principal: Principal, agentId: string): boolean {
    const named = this.findPrincipal(agentId);
    if (named) return named.id === principal.id;
    return this.principalsReadAs(agentId).every(({ id }) => id === principal.id);
  }

  /** Principals that a reader would take for one of this name. */
  principalsReadAs(name: string): readonly Principal[] {
    return [...this.fold.principalsReadAs(name)].flatMap((id) => this.fold.newestKeyOf(id)?.principal ?? []);
  }

  list(): readonly KeyState[] {
    return [...this.fold.keys.values()];
  }

  get(id: KeyId): KeyState | null {
    return this.fold.keys.get(id) ?? null;
  }

  /**
   * Makes a key and records it; a second key of a name belongs to the same principal. `secret` sets the key itself;
   * without it one is made. The key is in the answer and nowhere else.
   */
  create(origin: PrincipalId, wanted: NewKey, secret: string | null = null): Promise<{ key: string; state: KeyState }> {
    return this.inTurn(() => this.createNow(origin, wanted, secret));
  }

  private async createNow(
    origin: PrincipalId,
    wanted: NewKey,
    secret: string | null,
  ): Promise<{ key: string; state: KeyState }> {
    const key = secret ?? makeKey();
    const id = this.parts.ids.make("key");
    const now = this.parts.clock.now();
    const expiresAt = wanted.expiresInSeconds === null ? null : new Date(now + wanted.expiresInSeconds * 1_000);
    for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
      const principalId = this.fold.principalNamed(wanted.name) ?? this.parts.ids.make("principal");
      const appended = await this.append(origin, principalId, {
        id: this.parts.ids.make("event"),
        type: "key.created",
        data: {
          key_id: id,
          principal: principalId,
          name: wanted.name,
          kind: wanted.kind,
          roles: [...wanted.roles],
          owner: wanted.owner,
          expires_at: expiresAt?.toISOString() ?? null,
          verifier: verifierOf(key),
        },
      });
      const state = this.fold.keys.get(id);
      if (appended && state) return { key, state };
    }
    throw conflict();
  }

  /** Revokes a key at once, here and at the next append on every instance. A revoked one stays as it is. */
  revoke(origin: PrincipalId, id: KeyId, reason: string): Promise<KeyState | null> {
    return this.inTurn(() => this.revokeNow(origin, id, reason));
  }

  private async revokeNow(origin: PrincipalId, id: KeyId, reason: string): Promise<KeyState | null> {
    for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
      const state = this.fold.keys.get(id);
      if (!state || state.revokedAt !== null) return state ?? null;
      await this.append(origin, state.principalId, {
        id: this.parts.ids.make("event"),
        type: "key.revoked",
        data: { key_id: id, reason },
      });
    }
    const state = this.fold.keys.get(id);
    if (state?.revokedAt) return state;
    throw conflict();
  }

  /** Changes of one instance do not race each other: each would make all others read and try again. */
  private inTurn<Result>(change: () => Promise<Result>): Promise<Result> {
    const done = this.changing.then(change);
    this.changing = done.catch(() => undefined);
    return done;
  }

  private hasLiveKey(principal: PrincipalId): boolean {
    const now = this.parts.clock.now();
    return this.fold.keysOf(principal).some((id) => this.fold.liveById(id, now) !== null);
  }

  /** Reads what other instances have written. */
  async refresh(): Promise<void> {
    // INVARIANT: the version is read before the events. Read after them it could claim a change that was not seen.
    const version = await this.parts.ledger.authorityVersion();
    for (;;) {
      const events = await this.parts.ledger.readAll({
        after: this.position,
        limit: readLimit,
        types: [...keyEventTypes],
      });
      for (const event of events) {
        this.fold.apply(event);
        this.position = Math.max(this.position, event.position);
      }
      if (events.length < readLimit) break;
    }
    this.authorityVersion = Math.max(this.authorityVersion, version);
  }

  private async append(origin: PrincipalId, principalId: PrincipalId, event: NewEvent): Promise<boolean> {
    const result = await this.parts.ledger.append({
      stream: `principal/${principalId}`,
      expectedVersion: this.fold.versionOf(principalId),
      expectedAuthority: this.authorityVersion,
      changesAuthority: true,
      origin: { principal: origin, agentId: null, at: new Date(this.parts.clock.now()).toISOString() },
      events: [event],
    });
    // Also after a conflict: it says that another instance was faster.
    await this.refresh();
    return result.status === "appended";
  }

  private async follow(): Promise<void> {
    const { ledger, log } = this.parts;
    try {
      for await (const event of ledger.follow({ after: this.position, signal: this.stopping.signal })) {
        if (event.type.startsWith("key.") && event.position > this.position) await this.refresh();
      }
    } catch (error) {
      if (!this.stopping.signal.aborted) log.error({ err: error }, "keys are no longer followed");
    }
  }
}

/** `pgk_` and 43 characters: 256 random bits. */
export function makeKey(): string {
  return `pgk_${randomBytes(32).toString("base64url")}`;
}

function verifierOf(key: string): Digest {
  return `sha256:${hash("sha256", key, "hex")}` as Digest;
}

function conflict(): PhasegateError {
  return new PhasegateError("version_conflict", "keys changed several times meanwhile", {
    hint: "send the call again",
  });
}
