export { restoreBackup, type RestoreOptions } from "./restore-backup.ts";
export { takeBackup, type BackupOptions, type BackupReport } from "./take-backup.ts";
