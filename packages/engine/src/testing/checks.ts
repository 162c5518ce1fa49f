import type { FactKind, Severity } from "@phasegate/wire";
import {
  type CheckInput,
  type CheckOutcome,
  type CompiledCheck,
  type CompiledGate,
  findCheck,
} from "@phasegate/workflow";
import { Type } from "typebox";

interface CheckOptions {
  readonly name: string;
  readonly needs: readonly FactKind[];
  readonly severity?: Severity;
  readonly message?: string;
  readonly selfReported?: boolean;
  readonly judge: (input: CheckInput) => CheckOutcome;
}

export function checkOf(options: CheckOptions): CompiledCheck {
  return {
    definition: {
      name: options.name,
      aliases: [],
      passesWhen: "the fixture says so",
      parameters: Type.Object({}),
      needs: options.needs,
      source: options.needs.includes("artifacts") ? "artifact" : options.needs.includes("tree") ? "tree" : "evidence",
      selfReportable: true,
      warningOnly: false,
      judge: options.judge,
    },
    severity: options.severity ?? "blocking",
    message: options.message ?? null,
    parameters: {},
    selfReported: options.selfReported ?? false,
    needs: options.selfReported ? ["artifacts"] : options.needs,
    rule: `agent_workflow.yaml:90:${options.name.length}`,
  };
}

export function gateOf(id: string, ...checks: readonly CompiledCheck[]): CompiledGate {
  return {
    id,
    rule: "agent_workflow.yaml:80:5",
    checks,
    autoAdvance: false,
    timeoutSeconds: null,
    onTimeout: "escalate",
  };
}

/** Passes when the tree holds a path. */
export function treeHas(path: string, options: Partial<CheckOptions> = {}): CompiledCheck {
  return checkOf({
    name: `tree_has_${path.replaceAll(/\W/g, "_")}`,
    needs: ["tree"],
    judge: ({ facts }) =>
      facts.tree?.paths.includes(path) ? { passed: true } : { passed: false, message: `\`${path}\` is missing` },
    ...options,
  });
}

/** Waits for facts that an operation gathers. */
export function waitsFor(kind: FactKind): CompiledCheck {
  return checkOf({ name: `${kind}_given`, needs: [kind], judge: () => ({ passed: true }) });
}

/** The real check: so many principals with one of these roles. */
export function approvalBy(approvers: readonly string[] = ["human"], required = 1): CompiledCheck {
  const definition = findCheck("approval");
  if (!definition) throw new RangeError("no check `approval`");
  return {
    ...checkOf({ name: "approval", needs: ["approvals"], judge: () => ({ passed: false, message: "" }) }),
    definition,
    parameters: { approvers: [...approvers], approvals_required: required },
  };
}

/** Passes when the run on the judged tree has no failing test. */
export function testsPass(): CompiledCheck {
  return checkOf({
    name: "tests_pass",
    needs: ["evidence"],
    judge: ({ facts }) =>
      facts.evidence?.current?.cases.every(({ outcome }) => outcome === "passed") === true
        ? { passed: true }
        : { passed: false, message: "a test fails" },
  });
}
