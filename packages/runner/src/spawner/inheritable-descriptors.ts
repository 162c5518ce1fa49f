import { readdirSync, readFileSync } from "node:fs";

const closeOnExecute = 0o2000000;

/**
 * Descriptors above 2 that a child of this process would inherit: what whoever started the server left open. Each
 * could be a way out of a sandbox.
 */
export function inheritableDescriptors(): number[] {
  const found: number[] = [];
  for (const name of readdirSync("/proc/self/fd")) {
    const descriptor = Number(name);
    if (descriptor > 2 && isInheritable(descriptor)) found.push(descriptor);
  }
  return found;
}

function isInheritable(descriptor: number): boolean {
  try {
    const flags = /^flags:\s*([0-7]+)/m.exec(readFileSync(`/proc/self/fdinfo/${String(descriptor)}`, "utf8"))?.[1];
    return flags !== undefined && (Number.parseInt(flags, 8) & closeOnExecute) === 0;
  } catch {
    return false;
  }
}
