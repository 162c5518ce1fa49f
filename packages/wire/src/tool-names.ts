/** The names under which calls of the server's own tools are recorded; `workflow` defines a tool for each. */
export const recordedToolNames = [
  "read_files",
  "write_files",
  "edit_files",
  "restore_files",
  "bash",
  "grep",
  "glob",
  "run_tests",
  "git_diff",
  "git_commit",
  "web_fetch",
  "ask_user_question",
] as const;
