import type { JsonValue, RuleReference } from "@phasegate/wire";
import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from "yaml";
import type { StoredWorkflow } from "../model/normalized.ts";
import { escapedComponent } from "../policy/pointers.ts";
import { expandedYaml } from "./expanded-yaml.ts";

export interface ExpandedWorkflow {
  /** The keys of the long form, as a file has them. */
  readonly workflow: JsonValue;
  /** JSON pointer into `workflow` to where it came from. */
  readonly positions: Readonly<Record<string, RuleReference>>;
}

/** What `expandedYaml` says, as data: the same keys, and for each line its place. */
export function expandedJson(stored: StoredWorkflow): ExpandedWorkflow {
  const text = expandedYaml(stored);
  const lines = text.split("\n");
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter });
  const positions: Record<string, RuleReference> = {};
  let line = -1;
  const visit = (node: unknown, at: Node, pointer: string): void => {
    const start = lineCounter.linePos(at.range?.[0] ?? 0).line - 1;
    // A value on the line of what holds it has no place of its own.
    if (start === line && pointer !== "") return;
    const place = / {2}# (.+)$/u.exec(lines[start] ?? "")?.[1];
    if (place !== undefined && pointer !== "") positions[pointer] = place as RuleReference;
    const above = line;
    line = start;
    if (isMap(node)) {
      for (const { key, value } of node.items) {
        if (isScalar(key)) visit(value, key, `${pointer}/${escapedComponent(String(key.value))}`);
      }
    } else if (isSeq(node)) {
      for (const [index, item] of node.items.entries()) visit(item, item as Node, `${pointer}/${index}`);
    }
    line = above;
  };
  if (document.contents) visit(document.contents, document.contents, "");
  return { workflow: document.toJS() as JsonValue, positions };
}
