import type { Digest, HashedEvent } from "@phasegate/wire";
import { digestBytes } from "@phasegate/wire/core";

/** A hashed event whose data is RFC 8785 text already. */
export type EventText = Omit<HashedEvent, "data"> & { readonly data: string };

/**
 * The hash that `hashEvent` gives, without making the data's canonical form a second time. The members stand in the
 * order that RFC 8785 asks for; a property test holds the two equal.
 */
export function hashEventText(event: EventText): Digest {
  const text = (value: string | null): string => JSON.stringify(value);
  return digestBytes(
    `{"agent_id":${text(event.agent_id)},"at":${text(event.at)},"data":${event.data},"id":${text(event.id)},` +
      `"previous_hash":${text(event.previous_hash)},"principal":${text(event.principal)},` +
      `"stream":${text(event.stream)},"type":${text(event.type)},"version":${event.version}}`,
  );
}
