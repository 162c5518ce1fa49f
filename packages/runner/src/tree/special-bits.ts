import { chmodSync, closeSync, fstatSync } from "node:fs";
import { holdEntry } from "./descriptor.ts";

/** Setuid, setgid and sticky. */
export const specialBits = 0o7000;

/** Keeps some bits and adds others. Never through a link: what became one is judged as one. */
export function setBits(at: string | Buffer, kept: number, added: number): void {
  const held = holdEntry(at, 0);
  if (held === null) return;
  try {
    const stats = fstatSync(held);
    if (!stats.isSymbolicLink()) chmodSync(`/proc/self/fd/${held}`, (stats.mode & kept) | added);
  } finally {
    closeSync(held);
  }
}
