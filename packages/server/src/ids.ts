import { randomBytes } from "node:crypto";
import { idPrefixes } from "@phasegate/wire";
import type { IdKind, IdTypes } from "@phasegate/wire";
import type { Clock, Ids } from "./context.ts";

const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/** Ids made from one refill of the random pool. */
const poolIds = 256;
const randomLength = 16;

/**
 * Ids that sort by the time they were made: 8 characters of milliseconds in base 62, then 16 random ones (95 bits).
 * Random bytes are drawn in blocks, since one system call for each id would be the dearest part of a small decision.
 */
export function createIds(clock: Clock): Ids {
  let pool = Buffer.alloc(0);
  let offset = 0;
  const random = (): string => {
    if (offset + randomLength > pool.length) {
      pool = randomBytes(poolIds * randomLength);
      offset = 0;
    }
    let text = "";
    for (let index = 0; index < randomLength; index += 1) text += alphabet.charAt((pool[offset + index] ?? 0) % 62);
    offset += randomLength;
    return text;
  };
  return {
    make<Kind extends IdKind>(kind: Kind): IdTypes[Kind] {
      return `${idPrefixes[kind]}_${timePart(clock.now())}${random()}` as IdTypes[Kind];
    },
  };
}

function timePart(milliseconds: number): string {
  let rest = Math.max(0, Math.floor(milliseconds));
  let text = "";
  for (let index = 0; index < 8; index += 1) {
    text = alphabet.charAt(rest % 62) + text;
    rest = Math.floor(rest / 62);
  }
  return text;
}

/** The machine's clock. */
export const systemClock: Clock = { now: () => Date.now() };
