import { PhasegateError } from "@phasegate/wire/core";

/** The most that one page of any read holds. */
export const maxPageSize = 10_000;

/** A page size within 1..10,000, whatever was asked for. */
export function pageSize(limit: number | undefined): number {
  return Math.min(Math.max(Math.trunc(limit ?? maxPageSize), 1), maxPageSize);
}

/** The number behind a page cursor, or null for the first page. Throws `invalid_request` on a foreign cursor. */
export function parseCursor(cursor: string | undefined): number | null {
  if (cursor === undefined) return null;
  if (!/^[0-9]{1,15}$/.test(cursor)) {
    throw new PhasegateError("invalid_request", "the cursor is not one that this call answered", {
      hint: "leave `cursor` out to begin with the first page",
    });
  }
  return Number(cursor);
}

/** An RFC 3339 time in the form that events carry, so that texts compare like times. Throws `invalid_request`. */
export function normalizeTime(time: string | undefined): string | null {
  if (time === undefined) return null;
  const milliseconds = Date.parse(time);
  if (Number.isNaN(milliseconds)) {
    throw new PhasegateError("invalid_request", `\`${time.slice(0, 40)}\` is no time`, {
      hint: "write it as RFC 3339, for instance `2026-01-31T09:00:00Z`",
    });
  }
  return new Date(milliseconds).toISOString();
}
