import type { Parser, SyntaxNode } from "@lezer/common";
import { parser as cpp } from "@lezer/cpp";
import { parser as go } from "@lezer/go";
import { parser as java } from "@lezer/java";
import { parser as rust } from "@lezer/rust";
import { extensionOf } from "../code-lines.ts";
import { hasPlainLines } from "./piece.ts";

/** A statement, or what stands in front of the block of one. */
interface Segment {
  /** Its words, whatever stands between them. */
  readonly key: string;
  /** On one line. */
  readonly line: string;
  readonly text: string;
  readonly depth: number;
}

interface Word {
  readonly value: string;
  /** From what stands in front of it. */
  readonly isApart: boolean;
}

const parsers: Readonly<Record<string, Parser>> = { rs: rust, go, java, c: cpp, h: cpp, cc: cpp, cpp, hpp: cpp };
const containers =
  /^(?:SourceFile|Program|Block|CompoundStatement|DeclarationList|FieldDeclarationList|MatchBlock|SpecList|StructBody|ClassBody|InterfaceBody|EnumBody|ConstructorBody|SwitchBlock|CaseStatement)$/;
const branching = /^(?:If|For|ForRange|EnhancedFor|While|Do)Statement$/;
const [maxBytes, maxDepth] = [64 * 1024, 400];

/**
 * Both texts with each statement that stands in both, in the same order, on one line: how a formatter wraps them says
 * nothing then. As they are for a language that has no grammar here, and for long texts.
 */
export function laidOut(path: string, before: string, after: string): readonly [before: string, after: string] {
  const kind = extensionOf(path);
  const parser = Object.hasOwn(parsers, kind) ? parsers[kind] : undefined;
  const isRead = before.length + after.length <= maxBytes && hasPlainLines(before) && hasPlainLines(after);
  if (parser === undefined || !isRead) return [before, after];
  const [old, now] = [segmentsOf(before, parser), segmentsOf(after, parser)];
  if (old === null || now === null) return [before, after];
  const places = Map.groupBy(now.keys(), (place) => now[place]!.key);
  const [keptOld, keptNow] = [new Set<Segment>(), new Set<Segment>()];
  let from = 0;
  for (const segment of old) {
    const place = places.get(segment.key)?.find((one) => one >= from);
    if (place === undefined) continue;
    from = place + 1;
    keptOld.add(segment);
    keptNow.add(now[place]!);
  }
  return [written(old, keptOld), written(now, keptNow)];
}

function written(segments: readonly Segment[], kept: ReadonlySet<Segment>): string {
  const indented = ({ depth }: Segment, text: string): string => `${"    ".repeat(depth)}${text}`;
  return segments.map((one) => indented(one, kept.has(one) ? one.line : one.text)).join("\n");
}

/** Null where code is nested beyond measure. */
function segmentsOf(text: string, parser: Parser): readonly Segment[] | null {
  const reader = new SegmentReader(text);
  reader.read(parser.parse(text).topNode, 0);
  return reader.isTooDeep ? null : reader.segments;
}

/** Goes through a tree once. Words are taken in their order, those that have no node of their own included. */
class SegmentReader {
  readonly segments: Segment[] = [];
  isTooDeep = false;
  readonly #text: string;
  #words: Word[] = [];
  #begin = 0;
  #end = 0;
  /** As far as the text was gone through. */
  #at = 0;
  #depth = 0;
  #depthOfSegment = 0;

  constructor(text: string) {
    this.#text = text;
  }

  read(node: SyntaxNode, nesting: number): void {
    this.#takeUntil(node.from);
    if (node.name.endsWith("Comment")) {
      this.#at = node.to;
      return;
    }
    this.isTooDeep ||= nesting > maxDepth;
    if (node.firstChild === null || this.isTooDeep) return this.#takeUntil(node.to);
    const isContainer = containers.test(node.name);
    if (isContainer && nesting > 0) this.#depth += 1;
    for (let child: SyntaxNode | null = node.firstChild; child !== null; child = child.nextSibling) {
      if (isContainer) this.#readInContainer(child, nesting);
      else if (branching.test(node.name) && isBareBody(child)) this.#readBody(child, nesting);
      else this.read(child, nesting + 1);
    }
    this.#takeUntil(node.to);
    if (nesting === 0) this.#close();
  }

  #readInContainer(child: SyntaxNode, nesting: number): void {
    this.#takeUntil(child.from);
    const isClosing = /^[)}]$/.test(child.name);
    if (!/^[({]$/.test(child.name) && !child.name.endsWith("Comment")) this.#close();
    if (isClosing) this.#depth -= 1;
    this.read(child, nesting + 1);
  }

  /** As if it stood in braces. */
  #readBody(child: SyntaxNode, nesting: number): void {
    this.#takeUntil(child.from);
    this.#add("{", true);
    this.#close();
    this.#depth += 1;
    this.read(child, nesting + 1);
    this.#close();
    this.#depth -= 1;
    this.#add("}", true);
  }

  #takeUntil(to: number): void {
    const raw = this.#text.slice(this.#at, to);
    const value = raw.trim();
    const from = this.#at + raw.indexOf(value);
    const isApart = from > this.#end;
    this.#at = Math.max(this.#at, to);
    if (value === "") return;
    if (this.#words.length === 0) this.#begin = from;
    this.#end = from + value.length;
    this.#add(value, isApart);
  }

  #add(value: string, isApart: boolean): void {
    if (this.#words.length === 0) this.#depthOfSegment = this.#depth;
    this.#words.push({ value, isApart });
  }

  #close(): void {
    const words = withoutLastCommas(this.#words);
    if (words.length === 0) return;
    const key = words.map(({ value }) => value).join("\u0000");
    const line = words.map(({ value, isApart }, at) => (isApart && at > 0 ? ` ${value}` : value)).join("");
    const text = this.#text.slice(Math.min(this.#begin, this.#end), this.#end);
    this.segments.push({ key, line, text, depth: this.#depthOfSegment });
    this.#words = [];
    this.#begin = this.#end;
  }
}

/** What a branch or a loop runs, where it is no block. */
function isBareBody({ name, nextSibling, prevSibling }: SyntaxNode): boolean {
  const isElseIf = name === "IfStatement" && prevSibling?.name === "else";
  const isLast = nextSibling === null || /^(?:else|while)$/.test(nextSibling.name);
  return isLast && !isElseIf && !containers.test(name) && name.endsWith("Statement");
}

/** Without commas that a formatter puts behind the last of what is listed on lines of its own. */
function withoutLastCommas(words: readonly Word[]): readonly Word[] {
  const open: { readonly isCall: boolean; commas: number }[] = [];
  return words.filter(({ value }, at) => {
    const [before, after] = [words[at - 1]?.value ?? "", words[at + 1]?.value ?? ""];
    if (/^[([{]$/.test(value)) open.push({ isCall: value !== "(" || /[\w!>\]]$/.test(before), commas: 0 });
    if (/^[)\]}]$/.test(value)) open.pop();
    const inner = open.at(-1);
    if (value !== "," || inner === undefined) return true;
    inner.commas += 1;
    // `(1,)` is no number.
    return !/^[)\]}]$/.test(after) || !(inner.isCall || inner.commas > 1);
  });
}
