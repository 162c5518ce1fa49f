import { digestJson, type WorkflowDigest } from "@phasegate/wire";
import type { NormalizedWorkflow } from "./model/normalized.ts";

/** The digest that a task pins: of the expanded, normalized content, schemas included, positions not. */
export function workflowDigest(normalized: NormalizedWorkflow): WorkflowDigest {
  return digestJson(normalized) as WorkflowDigest;
}
