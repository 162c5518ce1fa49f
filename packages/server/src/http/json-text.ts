import type { Slices } from "@phasegate/ledger";

/** What `JSON.stringify` makes of an answer, without holding up other work: members that are lists item by item. */
export async function jsonInSlices(body: unknown, slices: Slices): Promise<string> {
  if (typeof body !== "object" || body === null || Array.isArray(body)) return JSON.stringify(body);
  const members: string[] = [];
  for (const [name, value] of Object.entries(body)) {
    const text = Array.isArray(value) ? await listInSlices(value, slices) : JSON.stringify(value);
    if (text !== undefined) members.push(`${JSON.stringify(name)}:${text}`);
  }
  return `{${members.join(",")}}`;
}

async function listInSlices(items: readonly unknown[], slices: Slices): Promise<string> {
  const texts: string[] = [];
  for (const item of items) {
    texts.push(JSON.stringify(item) ?? "null");
    if (slices.isSpent) await slices.next();
  }
  return `[${texts.join(",")}]`;
}
