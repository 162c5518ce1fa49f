import { isMap, isNode, parseDocument, YAMLMap } from "yaml";

/** The text with these settings in it and without those; comments, order and everything else stay. */
export function editConfigText(
  text: string,
  change: { set: ReadonlyMap<string, unknown>; remove?: readonly string[] },
): string {
  const document = parseDocument(text, { version: "1.2" });
  for (const [path, value] of change.set) {
    const [section = "", key = ""] = path.split(".", 2);
    if (!isMap(document.get(section))) document.set(section, new YAMLMap());
    const before = document.getIn([section, key], true);
    const after = document.createNode(value);
    if (isNode(before)) Object.assign(after, { comment: before.comment, commentBefore: before.commentBefore });
    document.setIn([section, key], after);
  }
  for (const path of change.remove ?? []) document.deleteIn(path.split(".", 2));
  return document.toString({ lineWidth: 0 });
}
