import type { CloudEventAnswer, JsonObject, StoredEvent } from "@phasegate/wire";

/** Members of event data that stay in the ledger: a key's digest would let a weak key be guessed. */
const withheld = ["verifier"];

/** A stored event as a CloudEvent 1.0 in structured JSON; `position` orders all events and resumes a reader. */
export function cloudEvent(event: StoredEvent): CloudEventAnswer {
  const hidden = withheld.filter((name) => Object.hasOwn(event.data, name));
  return {
    specversion: "1.0",
    id: event.id,
    source: "phasegate",
    type: event.type,
    subject: event.stream,
    time: event.at,
    datacontenttype: "application/json",
    data: shownData(event),
    position: event.position,
    version: event.version,
    principal: event.principal,
    ...(event.agent_id === null ? {} : { agentid: event.agent_id }),
    hash: event.hash,
    ...(event.previous_hash === null ? {} : { previoushash: event.previous_hash }),
    ...(hidden.length === 0 ? {} : { withheld: hidden.join(",") }),
  };
}

function shownData(event: StoredEvent): JsonObject {
  const data = event.data as JsonObject;
  if (!withheld.some((name) => Object.hasOwn(data, name))) return data;
  return Object.fromEntries(Object.entries(data).filter(([name]) => !withheld.includes(name)));
}
