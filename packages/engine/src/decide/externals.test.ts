import type { PrincipalId } from "@phasegate/wire";
import { type CompiledCheck, findCheck } from "@phasegate/workflow";
import { describe, expect, it } from "vitest";
import { grant, openApproval, resume, storyAwaiting } from "../testing/approval-stories.ts";
import { approvalBy, checkOf, gateOf } from "../testing/checks.ts";
import { ada, anna, olga } from "../testing/principals.ts";

const farm = { ...anna, id: "prn_farm" as PrincipalId, name: "farm", kind: "service" as const };

function externalBy(name: string, timeout?: number): CompiledCheck {
  const definition = findCheck("external");
  if (!definition) throw new RangeError("no check `external`");
  return {
    ...checkOf({ name: "external", needs: ["approvals"], judge: () => ({ passed: false, message: "" }) }),
    definition,
    parameters: { name, ...(timeout === undefined ? {} : { timeout_seconds: timeout }) },
  };
}

describe("a gate that asks a system", () => {
  it("opens by the word of the service of that name, on what was asked", () => {
    const story = storyAwaiting(gateOf("release", externalBy("farm")));
    expect(openApproval(story)).toMatchObject({ approvers: ["external:farm"], approvalsRequired: 1 });
    expect(grant(story, farm).effect).toBe("allow");
    expect(resume(story).effect).toBe("allow");
  });

  it.each([
    ["a person of that name", { kind: "person" as const }],
    ["an agent of that name", { kind: "agent" as const }],
    ["another service", { name: "other" }],
    ["the service without the role", { roles: ["reviewer" as const] }],
  ])("hears nothing from %s", (_, changes) => {
    const story = storyAwaiting(gateOf("release", externalBy("farm")));
    grant(story, { ...farm, ...changes });
    expect(story.codes()).toEqual(["forbidden"]);
  });

  it("hears nothing from a service that an author or its owner answers for", () => {
    for (const owner of [ada.id, olga.id]) {
      const story = storyAwaiting(gateOf("release", externalBy("farm")));
      grant(story, { ...farm, owner });
      expect(story.codes()).toEqual(["self_approval"]);
    }
  });

  it("needs a person besides where the gate names one", () => {
    const story = storyAwaiting(gateOf("release", externalBy("farm"), approvalBy()));
    grant(story, farm);
    expect(openApproval(story).status).toBe("requested");
    grant(story, anna);
    expect(resume(story).effect).toBe("allow");
    const other = storyAwaiting(gateOf("release", externalBy("farm"), approvalBy()));
    grant(other, anna);
    expect(openApproval(other).status).toBe("requested");
  });

  it("waits as long as the shorter of the gate's and the check's time", () => {
    const story = storyAwaiting({ ...gateOf("release", externalBy("farm", 30)), timeoutSeconds: 60 });
    expect(Date.parse(openApproval(story).expiresAt)).toBe(story.now + 30_000);
  });
});
