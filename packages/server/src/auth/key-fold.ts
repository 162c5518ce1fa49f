import {
  type Digest,
  isEvent,
  type KeyId,
  type Principal,
  type PrincipalId,
  type PrincipalKind,
  type PrincipalRole,
  type StoredEvent,
} from "@phasegate/wire";
import { readingsOfName } from "./names.ts";

export interface KeyState {
  readonly id: KeyId;
  readonly principalId: PrincipalId;
  readonly name: string;
  readonly kind: PrincipalKind;
  readonly roles: readonly PrincipalRole[];
  readonly owner: PrincipalId | null;
  readonly createdAt: string;
  readonly expiresAt: string | null;
  readonly expiresAtMs: number;
  readonly revokedAt: string | null;
  readonly verifier: Digest;
  readonly principal: Principal;
  /** Position of the last event folded in. */
  readonly position: number;
}

const none: ReadonlySet<PrincipalId> = new Set();

export const keyEventTypes = ["key.created", "key.revoked", "key.rotated"] as const;

/**
 * What the key events say: keys by id, digest and principal, principals by name, by how a name reads, and by who answers
 * for them. Each look-up costs the same however many keys there are. An event twice changes nothing.
 */
export class KeyFold {
  readonly keys = new Map<KeyId, KeyState>();
  private readonly byVerifier = new Map<Digest, KeyId>();
  private readonly principalByName = new Map<string, PrincipalId>();
  private readonly idsByPrincipal = new Map<PrincipalId, KeyId[]>();
  private readonly principalsByReading = new Map<string, Set<PrincipalId>>();
  private readonly agentsByOwner = new Map<PrincipalId, Set<PrincipalId>>();
  private readonly versions = new Map<PrincipalId, number>();

  apply(event: StoredEvent): void {
    if (isEvent(event, "key.created")) {
      const { data } = event;
      const id = data.key_id as KeyId;
      if (this.keys.has(id)) return;
      const principalId = data.principal as PrincipalId;
      const owner = data.owner as PrincipalId | null;
      const { name, kind, roles, verifier, expires_at: expiresAt } = data;
      this.put({
        id,
        principalId,
        name,
        kind,
        roles,
        owner,
        createdAt: event.at,
        expiresAt,
        expiresAtMs: expiresAt === null ? Number.POSITIVE_INFINITY : Date.parse(expiresAt),
        revokedAt: null,
        verifier: verifier as Digest,
        principal: Object.freeze({ id: principalId, name, kind, roles: Object.freeze([...roles]), owner, keyId: id }),
        position: event.position,
      });
      this.principalByName.set(name, principalId);
      listed(this.idsByPrincipal, principalId, () => []).push(id);
      for (const reading of readingsOfName(name)) {
        listed(this.principalsByReading, reading, () => new Set()).add(principalId);
      }
      if (owner !== null && kind === "agent") listed(this.agentsByOwner, owner, () => new Set()).add(principalId);
    } else if (isEvent(event, "key.revoked")) {
      this.change(event, event.data.key_id, { revokedAt: event.at });
    } else if (isEvent(event, "key.rotated")) {
      this.change(event, event.data.key_id, { verifier: event.data.verifier as Digest });
    } else {
      return;
    }
    const principalId = event.stream.slice("principal/".length) as PrincipalId;
    this.versions.set(principalId, Math.max(event.version, this.versions.get(principalId) ?? 0));
  }

  /** The key with this digest, if it may be used at `now`. */
  live(verifier: Digest, now: number): KeyState | null {
    const id = this.byVerifier.get(verifier);
    return id === undefined ? null : this.liveById(id, now);
  }

  liveById(id: KeyId, now: number): KeyState | null {
    const key = this.keys.get(id);
    return key && key.revokedAt === null && now < key.expiresAtMs ? key : null;
  }

  principalNamed(name: string): PrincipalId | null {
    return this.principalByName.get(name) ?? null;
  }

  /** Principals with a name that reads like this one. */
  principalsReadAs(name: string): ReadonlySet<PrincipalId> {
    return new Set(readingsOfName(name).flatMap((reading) => [...(this.principalsByReading.get(reading) ?? none)]));
  }

  /** Agents for which this principal answers, in the order in which they came. */
  agentsOf(owner: PrincipalId): ReadonlySet<PrincipalId> {
    return this.agentsByOwner.get(owner) ?? none;
  }

  /** The key that this principal was given last. */
  newestKeyOf(principalId: PrincipalId): KeyState | null {
    const id = this.keysOf(principalId).at(-1);
    return id === undefined ? null : (this.keys.get(id) ?? null);
  }

  /** All keys that this principal was given, in that order. */
  keysOf(principalId: PrincipalId): readonly KeyId[] {
    return this.idsByPrincipal.get(principalId) ?? [];
  }

  versionOf(principalId: PrincipalId): number {
    return this.versions.get(principalId) ?? 0;
  }

  private change(event: StoredEvent, id: string, change: Partial<KeyState>): void {
    const key = this.keys.get(id as KeyId);
    if (!key || event.position <= key.position) return;
    this.byVerifier.delete(key.verifier);
    this.put({ ...key, ...change, position: event.position });
  }

  private put(key: KeyState): void {
    this.keys.set(key.id, key);
    this.byVerifier.set(key.verifier, key.id);
  }
}

/** What stands under a key; it is made where nothing does. */
function listed<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  const known = map.get(key) ?? make();
  map.set(key, known);
  return known;
}
