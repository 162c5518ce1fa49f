export { ExportWriter, type ExportWriterOptions } from "./export-writer.ts";
export type { ExportedSignature, ExportEntry, ExportManifest } from "./manifest.ts";
export { type Erasures, readErasures, retentionReason } from "./read-erasures.ts";
export { type ExportReport, verifyExport, type VerifyExportOptions } from "./verify-export.ts";
