import { CircuitBreakerOpenError, type CircuitBreakers, CircuitState } from "@phasegate/resilience";
import { PhasegateError, type PrincipalId } from "@phasegate/wire";
import { type Channel, channelOf, channels } from "./channel.ts";
import type { DeadLetters } from "./dead-letters.ts";
import { type DeliveryParts, type DeliveryStatus, WebhookDelivery } from "./delivery.ts";
import { WebhookRefusal } from "./send-webhook.ts";
import type { Webhook } from "./webhook.ts";

export interface WebhooksParts extends Omit<DeliveryParts, "breaker" | "channel"> {
  readonly breakers: CircuitBreakers;
}

/** How far a receiver is on all its channels together. */
export interface ReceiverStatus extends DeliveryStatus {
  /** Of the channel that is worst off. */
  readonly circuit: CircuitState;
}

type Deliveries = ReadonlyMap<Channel, WebhookDelivery>;

/** The configured receivers, each with a delivery for every channel. */
export class Webhooks {
  readonly deadLetters: DeadLetters;
  readonly #breakers: CircuitBreakers;
  readonly #receivers: ReadonlyMap<string, { readonly webhook: Webhook; readonly deliveries: Deliveries }>;

  constructor(webhooks: readonly Webhook[], { breakers, ...parts }: WebhooksParts) {
    this.deadLetters = parts.deadLetters;
    this.#breakers = breakers;
    const deliveriesTo = (webhook: Webhook): Deliveries =>
      new Map(
        channels.map((channel) => {
          const breaker = () => breakers.get(nameOf(channel, webhook));
          return [channel, new WebhookDelivery(webhook, { ...parts, channel, breaker })];
        }),
      );
    this.#receivers = new Map(
      webhooks.map((webhook) => [webhook.name, { webhook, deliveries: deliveriesTo(webhook) }]),
    );
    // Shown from the start on; those of the other channels from their first use on.
    for (const webhook of webhooks) breakers.get(nameOf("webhook", webhook));
  }

  async start(): Promise<void> {
    for (const { deliveries } of this.#receivers.values()) {
      for (const delivery of deliveries.values()) await delivery.start();
    }
  }

  async close(): Promise<void> {
    const deliveries = [...this.#receivers.values()].flatMap((receiver) => [...receiver.deliveries.values()]);
    await Promise.all(deliveries.map((delivery) => delivery.close()));
  }

  /** True for the name of a configured receiver. */
  has(name: string): boolean {
    return this.#receivers.has(name);
  }

  status(): { readonly webhook: Webhook; readonly status: ReceiverStatus }[] {
    return [...this.#receivers.values()].map(({ webhook, deliveries }) => {
      const each = [...deliveries.values()].map((delivery) => delivery.status());
      const status = {
        position: Math.min(...each.map(({ position }) => position)),
        outstanding: each.reduce((sum, { outstanding }) => sum + outstanding, 0),
        gone: each.some(({ gone }) => gone),
        lastError: each.find(({ lastError }) => lastError !== null)?.lastError ?? null,
        circuit: this.#worstCircuit(webhook),
      };
      return { webhook, status };
    });
  }

  /** Goes on with a receiver that answered 410. */
  resume(name: string): void {
    for (const delivery of this.#require(name).deliveries.values()) delivery.resume();
  }

  /** Goes on with what waited for a circuit that was closed by hand. */
  goOn(breaker: string): void {
    for (const { webhook, deliveries } of this.#receivers.values()) {
      for (const [channel, delivery] of deliveries) if (nameOf(channel, webhook) === breaker) delivery.goOn();
    }
  }

  /** Sends a dead letter once more, now; throws `webhook_failed` when the receiver does not take it. */
  async redeliver(letterId: string, by: PrincipalId): Promise<void> {
    const { letter, event } = await this.deadLetters.require(letterId);
    const { webhook, deliveries } = this.#require(letter.webhook);
    try {
      await deliveries.get(channelOf(event, webhook) ?? "webhook")?.sendOnce(event);
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

  #worstCircuit(webhook: Webhook): CircuitState {
    const names = channels.map((channel) => nameOf(channel, webhook));
    const states = this.#breakers.stats().flatMap((one) => (names.includes(one.name) ? [one.state] : []));
    const worst = [CircuitState.OPEN, CircuitState.HALF_OPEN].find((state) => states.includes(state));
    return worst ?? CircuitState.CLOSED;
  }

  #require(name: string): { readonly webhook: Webhook; readonly deliveries: Deliveries } {
    const receiver = this.#receivers.get(name);
    if (receiver) return receiver;
    throw new PhasegateError("not_found", `no webhook is named \`${name}\``, {
      hint: "GET /api/v1/webhooks lists them",
    });
  }
}

/** Of the circuit between a receiver and one of its channels. */
function nameOf(channel: Channel, { name }: Webhook): string {
  return `${channel}:${name}`;
}
