import type { PrincipalId } from "@phasegate/wire";
import { type CompiledCheck, findCheck } from "@phasegate/workflow";
import { describe, expect, it } from "vitest";
import { grant, openApproval, resume, storyAwaiting } from "../testing/approval-stories.ts";
import { approvalBy, checkOf, gateOf } from "../testing/checks.ts";
import { missingApprovals } from "./approval-demands.ts";
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

  it("says all that it still lacks, whatever is beside it, and nothing else", () => {
    const person = "1 approval by `human`";
    const system = "success posted by the system `farm`";
    const story = storyAwaiting(gateOf("release", externalBy("farm"), approvalBy()));
    expect(openApproval(story).approvalsRequired).toBe(2);
    expect(missingApprovals(openApproval(story))).toBe(`${system}, and for ${person}`);
    grant(story, farm);
    expect(missingApprovals(openApproval(story))).toBe(person);
    const other = storyAwaiting(gateOf("release", approvalBy(), externalBy("farm")));
    grant(other, anna);
    expect(missingApprovals(openApproval(other))).toBe(system);
    expect(grant(other, { ...farm, name: "barn" }).reasons[0]?.hint).toBe(
      `it waits for ${system}; a system is the service of its name with the role \`approver\``,
    );
  });

  it.each([
    { name: "a count", checks: [approvalBy(["human"], 2)], fewest: 2, words: "2 approvals by `human`" },
    {
      name: "any of several",
      checks: [approvalBy(["human", "auditor"])],
      fewest: 1,
      words: "1 approval by `human` or `auditor`",
    },
    {
      name: "a count beside a system",
      checks: [externalBy("farm"), approvalBy(["human"], 2)],
      fewest: 3,
      words: "success posted by the system `farm`, and for 2 approvals by `human`",
    },
    {
      name: "two systems",
      checks: [externalBy("farm"), externalBy("barn")],
      fewest: 2,
      words: "success posted by the system `farm`, and for success posted by the system `barn`",
    },
    {
      name: "two groups of people, which one person may belong to",
      checks: [approvalBy(["human"]), approvalBy(["auditor"], 2)],
      fewest: 2,
      words: "1 approval by `human`, and for 2 approvals by `auditor`",
    },
    {
      name: "a system that only warns",
      checks: [{ ...externalBy("farm"), severity: "warning" as const }, approvalBy()],
      fewest: 1,
      words: "1 approval by `human`",
    },
  ])("asks for $name in full", ({ checks, fewest, words }) => {
    const approval = openApproval(storyAwaiting(gateOf("release", ...checks)));
    expect(approval.approvalsRequired).toBe(fewest);
    expect(missingApprovals(approval)).toBe(words);
  });

  it("counts what was given of a number", () => {
    const story = storyAwaiting(gateOf("release", approvalBy(["human"], 2)));
    grant(story, anna);
    expect(missingApprovals(openApproval(story))).toBe("2 approvals by `human` (1 given)");
  });

  it("opens without a system that only warns", () => {
    const story = storyAwaiting(
      gateOf("release", { ...externalBy("farm"), severity: "warning" as const }, approvalBy()),
    );
    grant(story, anna);
    expect(resume(story).effect).toBe("allow");
  });

  it("takes the system's word for its own check alone, also where its role is asked", () => {
    const story = storyAwaiting(gateOf("release", externalBy("farm"), approvalBy(["approver"])));
    grant(story, farm);
    expect(missingApprovals(openApproval(story))).toBe("1 approval by `approver`");
    grant(story, anna);
    expect(resume(story).effect).toBe("allow");
  });

  it("waits as long as the shorter of the gate's and the check's time", () => {
    const story = storyAwaiting({ ...gateOf("release", externalBy("farm", 30)), timeoutSeconds: 60 });
    expect(Date.parse(openApproval(story).expiresAt)).toBe(story.now + 30_000);
  });
});
