import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { lstat, readdir, readFile, readlink } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { PhasegateError } from "@phasegate/wire";
import { Ajv2020 } from "ajv/dist/2020.js";
import { type Static, Type } from "typebox";

export const manifestFile = "manifest.json";
/** What stands for a data directory inside a backup. */
export const copiedFolder = "data";

const closed = { additionalProperties: false } as const;

const CopiedFile = Type.Object(
  {
    path: Type.String({ pattern: "^(?!/)(?!.*(^|/)\\.\\.(/|$))[^\\0]+$", description: "below `data`" }),
    mode: Type.Integer({ minimum: 0, maximum: 0o777 }),
    bytes: Type.Integer({ minimum: 0 }),
    digest: Type.String({ pattern: "^sha256:[0-9a-f]{64}$", description: "of the bytes, or of a link's target" }),
    link: Type.Optional(Type.Boolean()),
  },
  closed,
);
export type CopiedFile = Static<typeof CopiedFile>;

const BackupManifest = Type.Object(
  {
    format: Type.Literal(1),
    made_at: Type.String(),
    /** Position of the ledger's last event in the copy. */
    events: Type.Integer({ minimum: 0 }),
    /** Tasks whose files moved while they were copied: they are judged again when the task goes on. */
    moving_tasks: Type.Array(Type.String()),
    files: Type.Array(CopiedFile),
  },
  closed,
);
export type BackupManifest = Static<typeof BackupManifest>;

const isManifest = new Ajv2020({ strict: true }).compile<BackupManifest>(BackupManifest);

/** Reads a backup's manifest. Rejects with `backup_invalid` when there is none, or it is not one. */
export async function readManifest(backup: string): Promise<BackupManifest> {
  const path = join(backup, manifestFile);
  let value: unknown;
  try {
    value = JSON.parse(await readFile(path, "utf8"));
  } catch (error) {
    throw invalid(`\`${path}\` cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (isManifest(value)) return value;
  const [first] = isManifest.errors ?? [];
  throw invalid(`\`${path}\` is no manifest of a backup: ${first?.instancePath ?? ""} ${first?.message ?? ""}`);
}

/** Every file and link below a folder, in order of path, each with its digest. Anything else is refused. */
export async function describeFiles(folder: string, below = ""): Promise<CopiedFile[]> {
  const found: CopiedFile[] = [];
  const entries = await readdir(join(folder, below), { withFileTypes: true });
  for (const entry of entries.toSorted((left, right) => (left.name < right.name ? -1 : 1))) {
    const path = below === "" ? entry.name : `${below}/${entry.name}`;
    if (entry.isDirectory()) found.push(...(await describeFiles(folder, path)));
    else found.push(await describeFile(folder, path));
  }
  return found;
}

/** Rejects with `backup_invalid` naming the first file that is missing, added or other than the manifest says. */
export async function compareFiles(folder: string, manifest: BackupManifest): Promise<void> {
  const found = new Map((await describeFiles(folder)).map((file) => [file.path, file]));
  for (const wanted of manifest.files) {
    const file = found.get(wanted.path);
    found.delete(wanted.path);
    if (!file) throw invalid(`\`${wanted.path}\` is missing`);
    if (file.digest !== wanted.digest || file.mode !== wanted.mode || file.link !== wanted.link) {
      throw invalid(`\`${wanted.path}\` is not as it was copied`);
    }
  }
  const [added] = found.keys();
  if (added !== undefined) throw invalid(`\`${added}\` is in no manifest`);
}

export function invalid(what: string, cause?: unknown): PhasegateError {
  return new PhasegateError(
    "backup_invalid",
    `the backup does not hold: ${what}`,
    { hint: "make another backup, or use an older one" },
    cause === undefined ? undefined : { cause },
  );
}

async function describeFile(folder: string, path: string): Promise<CopiedFile> {
  const full = join(folder, path);
  const status = await lstat(full);
  if (status.isSymbolicLink()) {
    const target = await readlink(full);
    const digest = `sha256:${createHash("sha256").update(target).digest("hex")}`;
    return { path, mode: 0o777, bytes: Buffer.byteLength(target), digest, link: true };
  }
  if (!status.isFile()) throw invalid(`\`${path}\` is neither a file, a folder nor a link`);
  const hash = createHash("sha256");
  await pipeline(createReadStream(full), hash);
  return { path, mode: status.mode & 0o777, bytes: status.size, digest: `sha256:${hash.digest("hex")}` };
}
