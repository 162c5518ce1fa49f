import type { RunnerOptions } from "@phasegate/runner";
import type { Config } from "./config/config.ts";

const kibibyte = 1024;
const mebibyte = 1024 ** 2;

/** The runner's bounds as the configuration states them. */
export function runnerOptions(config: Config): Omit<RunnerOptions, "environment"> {
  const { runner, storage } = config;
  return {
    dataDir: storage.data_dir,
    workspacesDir: runner.workspaces_dir,
    sandbox: runner.sandbox,
    maxConcurrentRuns: runner.max_concurrent_runs,
    setupHosts: runner.setup_hosts,
    niceness: runner.command_niceness,
    commandLimits: {
      memoryBytes: runner.max_memory_mb * mebibyte,
      processes: runner.max_processes,
      cpuSeconds: runner.max_cpu_seconds,
      openFiles: runner.max_open_files,
      fileBytes: runner.max_file_mb * mebibyte,
      outputBytes: runner.max_output_kb * kibibyte,
      printedBytes: runner.max_printed_mb * mebibyte,
    },
    quota: { maxBytes: runner.max_workspace_mb * mebibyte, maxEntries: runner.max_workspace_entries },
    limits: { maxCallBytes: runner.max_call_mb * mebibyte },
    maxVersionBytes: runner.max_versions_mb * mebibyte,
    maxLayerBytes: runner.max_layers_mb * mebibyte,
    minFreeBytes: runner.min_free_mb * mebibyte,
  };
}
