import { closeSync, existsSync, fsyncSync, ftruncateSync, openSync, readFileSync, writeSync } from "node:fs";
import { resolve } from "node:path";
import type { CloudEventAnswer, EventListAnswer } from "@phasegate/wire";
import type { HttpClient } from "../client/http-client.ts";
import { withServer } from "../client/connect.ts";
import type { CommandLine, ServerOptions } from "../command-line.ts";
import { CommandFailure, exitCodes } from "../failure.ts";
import { printJson } from "../output/table.ts";

export interface ExportOptions extends ServerOptions {
  readonly task?: string;
}

const pageSize = 1_000;

/**
 * Appends every entry of the ledger that the key may see to a file, one JSON object a line, in the order of positions.
 * A file that is there is gone on with after its last whole line: no entry is missing or twice, also when the export
 * before was interrupted.
 */
export async function exportAudit({ io }: CommandLine, name: string, options: ExportOptions): Promise<void> {
  const path = resolve(io.cwd, name);
  const { bytes, position } = endOf(path);
  await withServer(io, options, async (client) => {
    const file = openSync(path, "a+", 0o600);
    let written = { entries: 0, position };
    try {
      ftruncateSync(file, bytes);
      for await (const events of pages(client, position, options.task)) {
        writeSync(file, events.map((event) => `${JSON.stringify(event)}\n`).join(""));
        written = { entries: written.entries + events.length, position: events.at(-1)?.position ?? written.position };
      }
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    if (options.json) return printJson(io, { file: path, ...written });
    io.out(`${written.entries} entries written to ${path}, up to position ${written.position}`);
  });
}

async function* pages(
  client: HttpClient,
  after: number,
  taskId: string | undefined,
): AsyncGenerator<readonly CloudEventAnswer[]> {
  for (let next: number | null = after; next !== null;) {
    const page: EventListAnswer = await client.get("/events", { after: next, task_id: taskId, limit: pageSize });
    if (page.events.length > 0) yield page.events;
    next = page.next_after;
  }
}

/** Where an export that is there ends: the bytes of its whole lines, and the position of the last. */
function endOf(path: string): { readonly bytes: number; readonly position: number } {
  if (!existsSync(path)) return { bytes: 0, position: 0 };
  const content = readFileSync(path);
  const bytes = content.lastIndexOf(0x0a) + 1;
  if (bytes === 0) return { bytes: 0, position: 0 };
  const begin = content.lastIndexOf(0x0a, bytes - 2) + 1;
  const last = parsed(content.toString("utf8", begin, bytes));
  const position = (last as { readonly position?: unknown } | null)?.position;
  if (typeof position === "number") return { bytes, position };
  throw new CommandFailure(exitCodes.refused, `\`${path}\` is not an export of the ledger`, {
    hint: "name a new file, or one that `phasegate audit export` wrote",
  });
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line) as unknown;
  } catch {
    return null;
  }
}
