const bytesOfMember = 16;

/** About what a JSON value takes in memory, in bytes: never less than its text has characters, whatever its shape. */
export function memoryOf(value: unknown): number {
  if (typeof value === "string") return bytesOfMember + value.length;
  if (typeof value !== "object" || value === null) return bytesOfMember;
  let bytes = bytesOfMember;
  if (Array.isArray(value)) {
    for (const item of value) bytes += memoryOf(item);
    return bytes;
  }
  // Names are shared by all objects of one shape, yet a map's names are its own: they are counted.
  for (const [name, member] of Object.entries(value)) bytes += name.length + memoryOf(member);
  return bytes;
}
