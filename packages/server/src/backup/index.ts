export { restoreBackup, type RestoreOptions, type RestoreReport } from "./restore-backup.ts";
export { takeBackup, type BackupOptions, type BackupReport } from "./take-backup.ts";
