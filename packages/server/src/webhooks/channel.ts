import { isEvent, type StoredEvent } from "@phasegate/wire";
import { externalApprover } from "@phasegate/workflow";
import type { Webhook } from "./webhook.ts";

/**
 * The ways to one receiver, each with a position, places, a circuit breaker and a window of its own: what one of them
 * waits for holds up no other. `webhook`: what happened; `external`: questions to the system of its name; `notification`:
 * what people are told.
 */
export const channels = ["webhook", "external", "notification"] as const;
export type Channel = (typeof channels)[number];

/** The way on which a receiver gets an event; null for one that it does not get. */
export function channelOf(event: StoredEvent, { name, types }: Webhook): Channel | null {
  // What tells of deliveries would lead to deliveries without end.
  if (event.type.startsWith("webhook.")) return null;
  const isTaken = types === null || types.has(event.type);
  if (isEvent(event, "notification.requested")) {
    const addressee = event.data.webhook;
    return (addressee === null ? isTaken : addressee === name) ? "notification" : null;
  }
  // A system that shares its name with a webhook is told when its decision is wanted, whatever types that webhook takes.
  if (isEvent(event, "approval.requested") && event.data.approvers.includes(externalApprover(name))) return "external";
  return isTaken ? "webhook" : null;
}
