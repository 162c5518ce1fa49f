import type { SqlValue } from "./driver.ts";

/**
 * What stands in place of a body whose time is over; no JSON text is empty. `null` stands for one that was erased for
 * good.
 */
export const expiredBody = "";

export function isErased(body: SqlValue | undefined): boolean {
  return body === null || body === expiredBody;
}
