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

export const keyEventTypes = ["key.created", "key.revoked", "key.rotated"] as const;

/** What the key events say: keys by id and by digest, principals by name. An event twice changes nothing. */
export class KeyFold {
  readonly keys = new Map<KeyId, KeyState>();
  private readonly byVerifier = new Map<Digest, KeyId>();
  private readonly principalByName = new Map<string, PrincipalId>();
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

  keysOf(principalId: PrincipalId): KeyState[] {
    return [...this.keys.values()].filter((key) => key.principalId === principalId);
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
