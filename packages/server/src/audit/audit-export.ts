import type { Ledger } from "@phasegate/ledger";
import { type ExportEntry, ExportWriter, type ExportWriterOptions } from "@phasegate/ledger/export";
import { wait } from "@phasegate/resilience";
import { PhasegateError } from "@phasegate/wire";
import type { Logger } from "pino";
import { cloudEvent } from "../events/cloud-event.ts";

export interface AuditExportParts {
  readonly ledger: Ledger;
  readonly log: Logger;
  readonly file: string;
  readonly rotateBytes: number;
  readonly signHead: NonNullable<ExportWriterOptions["signHead"]>;
  /** An attempt to write failed. */
  readonly onFailure: () => void;
  /** Wait before the next attempt. Default: 5 seconds. */
  readonly retryMs?: number;
}

const maxBatch = 500;

/**
 * Writes every event of the ledger to a file, beside what the server does: decisions neither wait for it nor fail with
 * it. What cannot be written is logged and tried again; the ledger keeps what comes meanwhile.
 *
 * States: *idle* (not started), *writing* (a writer is open, the ledger is followed), *failing* (a timer runs, then the
 * files are opened again and say where to go on), *stopped*.
 */
export class AuditExport {
  readonly #parts: AuditExportParts;
  readonly #stopping = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #position = 0;
  #failing = false;

  constructor(parts: AuditExportParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#running = this.#run();
  }

  status(): { readonly position: number; readonly failing: boolean } {
    return { position: this.#position, failing: this.#failing };
  }

  async close(): Promise<void> {
    this.#stopping.abort(new Error("the server is shutting down"));
    await this.#running;
  }

  async #run(): Promise<void> {
    const { log, file, onFailure, retryMs = 5_000 } = this.#parts;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        await this.#write();
      } catch (error) {
        this.#failing = true;
        onFailure();
        log.error({ err: error, file }, "the audit export cannot be written; the ledger keeps what it lacks");
        await wait(retryMs, signal).catch(() => undefined);
      }
    }
  }

  async #write(): Promise<void> {
    const { ledger, file, rotateBytes, signHead } = this.#parts;
    const signedHeads = async (stream: string) =>
      (await ledger.signedHeads(stream)).map(({ version, hash, keyId, signature }) => ({
        stream,
        version,
        hash,
        key_id: keyId,
        signature,
      }));
    const writer = await ExportWriter.open({ file, rotateBytes, signHead, signedHeads });
    try {
      await this.#requireSameLedger(writer);
      await this.#follow(writer);
    } finally {
      await writer.close();
    }
  }

  async #follow(writer: ExportWriter): Promise<void> {
    const { ledger } = this.#parts;
    let batch: ExportEntry[] = [];
    this.#position = writer.position;
    const options = { after: writer.position, signal: this.#stopping.signal, reader: "export" };
    for await (const event of ledger.follow(options)) {
      batch.push(cloudEvent(event));
      if (batch.length < maxBatch && event.position < (await ledger.lastPosition())) continue;
      await writer.append(batch);
      batch = [];
      this.#position = writer.position;
      this.#failing = false;
    }
  }

  /** A ledger that was restored, or another one, must not go on in the files of the first. */
  async #requireSameLedger({ position, last }: ExportWriter): Promise<void> {
    const { ledger, file } = this.#parts;
    const behind = position > (await ledger.lastPosition());
    const [event] = behind || last === null ? [] : await ledger.readAll({ after: last.position - 1, limit: 1 });
    if (!behind && (last === null || event?.hash === last.hash)) return;
    throw new PhasegateError("export_invalid", `\`${file}\` holds entries that are not in this ledger`, {
      hint: "move the export away, or set `audit.export_file` to another file",
    });
  }
}
