import { CircuitBreakerOpenError, type CircuitBreakers } from "@phasegate/resilience";
import { PhasegateError, type PrincipalId } from "@phasegate/wire";
import type { DeadLetters } from "./dead-letters.ts";
import { type DeliveryParts, type DeliveryStatus, WebhookDelivery } from "./delivery.ts";
import { WebhookRefusal } from "./send-webhook.ts";
import type { Webhook } from "./webhook.ts";

export interface WebhooksParts extends Omit<DeliveryParts, "breaker"> {
  readonly breakers: CircuitBreakers;
}

/** The configured receivers, each with a delivery of its own. */
export class Webhooks {
  readonly deadLetters: DeadLetters;
  readonly #deliveries: ReadonlyMap<string, WebhookDelivery>;

  constructor(webhooks: readonly Webhook[], { breakers, ...parts }: WebhooksParts) {
    this.deadLetters = parts.deadLetters;
    this.#deliveries = new Map(
      webhooks.map((webhook) => {
        const breaker = breakers.get(`webhook:${webhook.name}`);
        return [webhook.name, new WebhookDelivery(webhook, { ...parts, breaker })];
      }),
    );
  }

  async start(): Promise<void> {
    for (const delivery of this.#deliveries.values()) await delivery.start();
  }

  async close(): Promise<void> {
    await Promise.all([...this.#deliveries.values()].map((delivery) => delivery.close()));
  }

  /** True for the name of a configured receiver. */
  has(name: string): boolean {
    return this.#deliveries.has(name);
  }

  status(): { readonly webhook: Webhook; readonly status: DeliveryStatus }[] {
    return [...this.#deliveries.values()].map((delivery) => ({ webhook: delivery.webhook, status: delivery.status() }));
  }

  /** Goes on with a receiver that answered 410. */
  resume(name: string): DeliveryStatus {
    const delivery = this.#require(name);
    delivery.resume();
    return delivery.status();
  }

  /** Sends a dead letter once more, now; throws `webhook_failed` when the receiver does not take it. */
  async redeliver(letterId: string, by: PrincipalId): Promise<void> {
    const { letter, event } = await this.deadLetters.require(letterId);
    const delivery = this.#require(letter.webhook);
    try {
      await delivery.sendOnce(event);
    } catch (error) {
      if (!(error instanceof WebhookRefusal) && !(error instanceof CircuitBreakerOpenError)) throw error;
      throw new PhasegateError(
        "webhook_failed",
        `\`${letter.webhook}\` did not take the event: ${error.message}`,
        { hint: "look at the receiver, then send it again" },
        { cause: error },
      );
    }
    await this.deadLetters.settle(letter, by);
  }

  #require(name: string): WebhookDelivery {
    const delivery = this.#deliveries.get(name);
    if (delivery) return delivery;
    throw new PhasegateError("not_found", `no webhook is named \`${name}\``, {
      hint: "GET /api/v1/webhooks lists them",
    });
  }
}
