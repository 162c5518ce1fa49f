import {
  DeadLetterListAnswer,
  DeadLetterParams,
  DeadLetterQuery,
  RedeliveredAnswer,
  WebhookAnswer,
  WebhookListAnswer,
  WebhookParams,
} from "@phasegate/wire";
import type { ServerContext } from "../context.ts";
import { type Access, type Route, route } from "../http/route.ts";

const readers: Access = { kind: "roles", roles: ["operator", "admin", "auditor"] };
const operators: Access = { kind: "roles", roles: ["operator", "admin"] };

/** Receivers of events: how far each is, what it did not take, and sending that again. */
export const webhookRoutes: readonly Route[] = [
  route({
    method: "GET",
    path: "/api/v1/webhooks",
    operationId: "listWebhooks",
    summary: "Receivers of events, and how far each is",
    tag: "webhooks",
    access: readers,
    answers: { 200: WebhookListAnswer },
    handle: async (context) => ({ status: 200, body: { webhooks: webhookAnswers(context) } }),
  }),
  route({
    method: "POST",
    path: "/api/v1/webhooks/:name/resume",
    operationId: "resumeWebhook",
    summary: "Goes on with a receiver that answered 410",
    tag: "webhooks",
    access: operators,
    params: WebhookParams,
    answers: { 200: WebhookAnswer },
    handle: async (context, _caller, { params: { name } }) => {
      context.webhooks.resume(name);
      return { status: 200, body: webhookAnswers(context).find((one) => one.name === name) };
    },
  }),
  route({
    method: "GET",
    path: "/api/v1/webhooks/dead-letters",
    operationId: "listDeadLetters",
    summary: "Events that a receiver did not take and that are not sent again by themselves",
    tag: "webhooks",
    access: readers,
    query: DeadLetterQuery,
    long: true,
    answers: { 200: DeadLetterListAnswer },
    handle: async ({ webhooks }, _caller, { query: { webhook, limit = 100 } }) => {
      const letters = await webhooks.deadLetters.list({ limit, ...(webhook === undefined ? {} : { webhook }) });
      const dead_letters = letters.map((letter) => ({
        id: letter.id,
        webhook: letter.webhook,
        event_id: letter.eventId,
        event_type: letter.eventType,
        event_position: letter.position,
        attempts: letter.attempts,
        error: letter.error,
        at: letter.at,
      }));
      return { status: 200, body: { dead_letters } };
    },
  }),
  route({
    method: "POST",
    path: "/api/v1/webhooks/dead-letters/:id/send",
    operationId: "sendDeadLetter",
    summary: "Sends a dead letter once more, now",
    tag: "webhooks",
    access: operators,
    deadline: "own",
    params: DeadLetterParams,
    answers: { 200: RedeliveredAnswer },
    handle: async ({ webhooks }, caller, { params: { id } }) => {
      await webhooks.redeliver(id, caller.principal.id);
      return { status: 200, body: { id, delivered: true } };
    },
  }),
];

function webhookAnswers({ webhooks }: ServerContext): WebhookAnswer[] {
  return webhooks.status().map(({ webhook, status }) => ({
    name: webhook.name,
    origin: webhook.origin,
    types: webhook.types === null ? null : [...webhook.types],
    signed: webhook.secret !== null,
    position: status.position,
    outstanding: status.outstanding,
    gone: status.gone,
    breaker: status.circuit,
    last_error: status.lastError,
  }));
}
