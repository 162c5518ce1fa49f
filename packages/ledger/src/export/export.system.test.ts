import { generateKeyPairSync, sign } from "node:crypto";
import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { canonicalJson, type Digest, hashEvent, type StoredEvent } from "@phasegate/wire";
import { afterEach, beforeEach, expect, test } from "vitest";
import { newEvent, at } from "../conformance/samples.ts";
import { ExportWriter, type ExportWriterOptions } from "./export-writer.ts";
import type { ExportEntry } from "./manifest.ts";
import { verifyExport } from "./verify-export.ts";

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "phasegate-export-"));
  file = join(folder, "audit.jsonl");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const { privateKey, publicKey } = generateKeyPairSync("ed25519");
const publicKeys = [publicKey.export({ type: "spki", format: "pem" }) as string];
const signHead: NonNullable<ExportWriterOptions["signHead"]> = (head) => ({
  keyId: "k1",
  signature: sign(null, Buffer.from(canonicalJson({ ...head })), privateKey).toString("base64url"),
});

/** The first entries of a ledger with two streams that take turns. */
function history(count: number): ExportEntry[] {
  const heads = new Map<string, StoredEvent>();
  return Array.from({ length: count }, (_, index) => {
    const stream = index % 2 === 0 ? "task/task_a" : "task/task_b";
    const before = heads.get(stream) ?? null;
    const { id, type, data } = newEvent("blocker.resolved", { blocker_id: `b${index}` });
    const event = {
      id,
      stream,
      version: (before?.version ?? 0) + 1,
      type,
      at: at(index),
      principal: "prn_alice",
      agent_id: null,
      data,
      previous_hash: before?.hash ?? null,
    } as Parameters<typeof hashEvent>[0];
    const stored = { ...event, hash: hashEvent(event), position: index + 1 } as StoredEvent;
    heads.set(stream, stored);
    return {
      specversion: "1.0",
      id,
      source: "phasegate",
      type,
      subject: stream,
      time: event.at,
      datacontenttype: "application/json",
      data: data as ExportEntry["data"],
      position: stored.position,
      version: stored.version,
      principal: "prn_alice",
      hash: stored.hash,
      ...(before === null ? {} : { previoushash: before.hash }),
    };
  });
}

const entries = history(40);
const rotateBytes = 3_000;

async function write(from: number, to: number, options: Partial<ExportWriterOptions> = {}): Promise<void> {
  const writer = await ExportWriter.open({ file, rotateBytes, signHead, ...options });
  expect(writer.position).toBe(from);
  for (let first = from; first < to; first += 3) await writer.append(entries.slice(first, Math.min(to, first + 3)));
  await writer.close();
}

const rotatedFiles = () => readdirSync(folder).filter((name) => /-\d+\.jsonl$/.test(name));
const positions = () =>
  [...rotatedFiles().sort(), "audit.jsonl"]
    .flatMap((name) => readFileSync(join(folder, name), "utf8").trimEnd().split("\n"))
    .filter((line) => line !== "")
    .map((line) => (JSON.parse(line) as ExportEntry).position);
const all = entries.map(({ position }) => position);
const verified = () => verifyExport({ path: folder, publicKeys });

test("an export is rotated by size, holds every entry once, and verifies", async () => {
  await write(0, 17);
  await write(17, 40);
  expect(positions()).toEqual(all);
  expect(rotatedFiles().length).toBeGreaterThan(3);
  for (const name of rotatedFiles()) expect(statSync(join(folder, name)).size).toBeLessThanOrEqual(rotateBytes);
  expect(await verified()).toMatchObject({
    ok: true,
    problems: [],
    events: 40,
    streams: 2,
    lastPosition: 40,
    complete: true,
    withheld: 0,
    unfinishedBytes: 0,
    manifestSigned: true,
    signaturesChecked: true,
  });
  expect(await verifyExport({ path: file })).toMatchObject({ ok: true, signaturesChecked: false });
});

test("one call that fills several files rotates at each boundary", async () => {
  const writer = await ExportWriter.open({ file, rotateBytes, signHead });
  await writer.append(entries);
  await writer.close();
  expect(positions()).toEqual(all);
  expect(await verified()).toMatchObject({ ok: true, complete: true });
});

test.each([
  ["the whole ledger", entries.slice(0, 3), 3],
  ["what one reader sees", entries.filter(({ subject }) => subject === "task/task_b").slice(0, 2), 2],
])("an export of %s verifies while it is written, before its first rotation", async (_, written, events) => {
  const writer = await ExportWriter.open({ file, signHead });
  try {
    await writer.append(written);
    expect(await verified()).toMatchObject({ ok: true, problems: [], complete: false, manifestSigned: true, events });
  } finally {
    await writer.close();
  }
});

test("after a crash within a line the export goes on with that entry", async () => {
  await write(0, 9);
  appendFileSync(file, JSON.stringify(entries[9]).slice(0, 50));
  expect(await verified()).toMatchObject({ ok: true, events: 9, unfinishedBytes: 50 });
  await write(9, 40);
  expect(positions()).toEqual(all);
  expect(await verified()).toMatchObject({ ok: true, complete: true });
});

test("after a crash between entries and manifest nothing is written twice", async () => {
  await write(0, 9);
  appendFileSync(
    file,
    entries
      .slice(9, 11)
      .map((entry) => `${JSON.stringify(entry)}\n`)
      .join(""),
  );
  expect(await verified()).toMatchObject({ ok: true, events: 11 });
  await write(11, 40);
  expect(positions()).toEqual(all);
});

test("after a crash between rotation and manifest the rotated file is taken in", async () => {
  await write(0, 5);
  const before = rotatedFiles().length;
  const inOpen = readFileSync(file, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => (JSON.parse(line) as ExportEntry).position);
  const span = [inOpen[0], inOpen.at(-1)].map((position) => String(position).padStart(12, "0")).join("-");
  renameSync(file, join(folder, `audit.${span}.jsonl`));
  await write(5, 40);
  expect(rotatedFiles().length).toBeGreaterThan(before);
  expect(positions()).toEqual(all);
  expect(await verified()).toMatchObject({ ok: true, complete: true });
});

test("an open file that was taken away is written again from the manifest's end", async () => {
  await write(0, 17);
  const kept = rotatedFiles().map((name) => Number(/-(\d+)\.jsonl$/.exec(name)?.[1]));
  rmSync(file);
  await write(Math.max(...kept), 40);
  expect(positions()).toEqual(all);
});

test("ten who write at once take turns, across rotations, and leave no entry out", async () => {
  const writer = await ExportWriter.open({ file, rotateBytes, signHead });
  const parts = Array.from({ length: 10 }, (_, index) => entries.slice(index * 4, index * 4 + 4));
  await Promise.all(parts.map((part) => writer.append(part)));
  await writer.close();
  expect(positions()).toEqual(all);
  expect(await verified()).toMatchObject({ ok: true });
});

test("of ten who open an export at once one writes, and the others are told", async () => {
  const opened = await Promise.allSettled(Array.from({ length: 10 }, () => ExportWriter.open({ file, signHead })));
  const writers = opened.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  const refusals = opened.flatMap((one) => (one.status === "rejected" ? [one.reason as unknown] : []));
  expect([writers.length, refusals.length]).toEqual([1, 9]);
  for (const refusal of refusals) {
    expect(refusal).toMatchObject({
      code: "export_invalid",
      message: `\`${file}\` is being written by another export`,
    });
  }
  await writers[0]?.append(entries);
  await writers[0]?.close();
  await write(all.length, all.length);
  expect(positions()).toEqual(all);
});

test("a file that is no export is refused and left as it is", async () => {
  writeFileSync(file, "notes\nof mine\n");
  await expect(ExportWriter.open({ file })).rejects.toMatchObject({ code: "export_invalid" });
  expect(readFileSync(file, "utf8")).toBe("notes\nof mine\n");
});

test("an entry that was written already is refused", async () => {
  const writer = await ExportWriter.open({ file });
  await writer.append(entries.slice(0, 2));
  await expect(writer.append(entries.slice(1, 3))).rejects.toMatchObject({ code: "export_invalid" });
  await writer.close();
});

const edit = (name: string, change: (text: string) => string): void => {
  const path = join(folder, name);
  writeFileSync(path, change(readFileSync(path, "utf8")));
};
const firstRotated = () => rotatedFiles().sort()[0] as string;

test.each<[string, () => void]>([
  ["a changed entry", () => edit(firstRotated(), (text) => text.replace("b2", "b9"))],
  ["a changed entry of the open file", () => edit("audit.jsonl", (text) => text.replace(/b(\d)/, "x$1"))],
  ["a dropped entry", () => edit(firstRotated(), (text) => text.slice(text.indexOf("\n") + 1))],
  ["a dropped tail", () => edit("audit.jsonl", (text) => text.slice(0, text.lastIndexOf("\n", text.length - 2) + 1))],
  ["a dropped file", () => rmSync(join(folder, firstRotated()))],
  ["a dropped open file", () => rmSync(file)],
  ["a cut line", () => edit(firstRotated(), (text) => text.slice(0, -20))],
  ["a line that is none", () => edit(firstRotated(), (text) => `${text.split("\n")[0]}\nnone\n`)],
  ["a manifest that names fewer files", () => dropFromManifest()],
  [
    "a manifest that takes back what it said",
    () => edit("audit.jsonl.manifest.json", (text) => text.replace('"complete": true', '"complete": false')),
  ],
])("%s does not verify", async (_, tamper) => {
  await write(0, 40);
  tamper();
  const report = await verified();
  expect(report.ok).toBe(false);
  expect(report.firstBad?.what).toBeTypeOf("string");
});

function dropFromManifest(): void {
  rmSync(join(folder, firstRotated()));
  edit("audit.jsonl.manifest.json", (text) => {
    const manifest = JSON.parse(text) as { files: unknown[]; complete: boolean };
    return JSON.stringify({ ...manifest, files: manifest.files.slice(1), complete: false });
  });
}

test("a chain that was written anew with right hashes is betrayed by a head that the server signed", async () => {
  const last = entries[38] as ExportEntry;
  const head = { stream: last.subject, version: last.version, hash: last.hash as Digest };
  const signedHeads = async (stream: string) => {
    const signed = signHead(head);
    return stream === head.stream ? [{ ...head, key_id: signed.keyId, signature: signed.signature }] : [];
  };
  await write(0, 40, { rotateBytes: 1_000_000, signedHeads });
  expect(await verified()).toMatchObject({ ok: true, signedHeads: 1 });
  const stranger = generateKeyPairSync("ed25519").publicKey.export({ type: "spki", format: "pem" }) as string;
  const report = await verifyExport({ path: folder, publicKeys: [stranger] });
  expect(report.problems.map(({ area }) => area)).toEqual(["file", "head"]);
});

test("entries with data kept back are held by their place in the chain", async () => {
  const writer = await ExportWriter.open({ file });
  const [first, second, third] = entries as [ExportEntry, ExportEntry, ExportEntry];
  await writer.append([{ ...first, data: {}, withheld: "blocker_id" }, second, third]);
  await writer.close();
  expect(await verified()).toMatchObject({ ok: true, withheld: 1, events: 3 });
  edit("audit.jsonl", (text) => text.replace(`"hash":"${first.hash}"`, `"hash":"${second.hash}"`));
  expect(await verified()).toMatchObject({ ok: false });
});

test("an export with holes says that it is not complete", async () => {
  const writer = await ExportWriter.open({ file });
  await writer.append(entries.filter(({ subject }) => subject === "task/task_a"));
  await writer.close();
  expect(await verified()).toMatchObject({ ok: true, complete: false, events: 20 });
});
