/**
 * Every code that an answer of Phasegate can carry: HTTP status, title, and whether the same request may be
 * repeated as it is. docs/reference/errors.md and OpenAPI are held in step with this table by a test.
 */
interface ErrorDefinition {
  readonly status: number;
  readonly title: string;
  readonly retry: boolean;
  /** When it is answered and what to do, for the reference page. */
  readonly docs: string;
}

export const errorRegistry = {
  // Who is calling
  unauthenticated: {
    status: 401,
    title: "No valid credential",
    retry: false,
    docs: "The call needs an API key in `Authorization: Bearer`. Make one with `phasegate key add`.",
  },
  forbidden: {
    status: 403,
    title: "Not allowed for this principal",
    retry: false,
    docs: "The key is valid, but its kind or roles do not permit the call.",
  },
  agent_id_mismatch: {
    status: 403,
    title: "agent_id belongs to another principal",
    retry: false,
    docs: "A claim named an agent that another key belongs to. Claim under your own name.",
  },
  host_not_allowed: {
    status: 403,
    title: "Host header not allowed",
    retry: false,
    docs: "On loopback the Host header must name a loopback address.",
  },
  origin_not_allowed: {
    status: 403,
    title: "Origin not allowed",
    retry: false,
    docs: "The Origin header names another site. Browsers of other sites may not call this server.",
  },
  // Phase tokens
  token_malformed: {
    status: 403,
    title: "Invalid phase token",
    retry: false,
    docs: "The phase token is missing, is not one of this server's, or its signature does not hold.",
  },
  token_expired: {
    status: 403,
    title: "Expired phase token",
    retry: false,
    docs: "The token's time is over. `POST /tasks/{id}/token` renews it while the lease runs; otherwise claim again.",
  },
  token_superseded: {
    status: 403,
    title: "Superseded phase token",
    retry: false,
    docs: "The task has moved on (claim, transition, release, expiry or workflow change) since the token was issued.",
  },
  token_wrong_task: {
    status: 403,
    title: "Token of another task",
    retry: false,
    docs: "The token's task is not the one in the request.",
  },
  token_revoked: {
    status: 403,
    title: "Revoked phase token",
    retry: false,
    docs: "The task has ended, or the token was issued to another principal.",
  },
  // Requests
  malformed_request: {
    status: 400,
    title: "Malformed request",
    retry: false,
    docs: "The body is not JSON, not UTF-8, too deep, or the request line cannot be parsed.",
  },
  invalid_request: {
    status: 422,
    title: "Invalid request",
    retry: false,
    docs: "The body is JSON but does not have the shape that the call takes; `findings` name each place.",
  },
  unsupported_media_type: {
    status: 415,
    title: "Unsupported media type",
    retry: false,
    docs: "Send `Content-Type: application/json`.",
  },
  request_timeout: {
    status: 408,
    title: "Request came too slowly",
    retry: true,
    docs: "The headers or the body did not arrive in time.",
  },
  headers_too_large: {
    status: 431,
    title: "Headers too large",
    retry: false,
    docs: "The request line and headers are past 16 kB.",
  },
  payload_too_large: {
    status: 413,
    title: "Payload too large",
    retry: false,
    docs: "The request, a file or an output is past its bound.",
  },
  not_found: {
    status: 404,
    title: "Not found",
    retry: false,
    docs: "Nothing has this path or id, or it is not yours to see.",
  },
  method_not_allowed: {
    status: 405,
    title: "Method not allowed",
    retry: false,
    docs: "The path exists, but not with this method.",
  },
  unknown_task: {
    status: 404,
    title: "No such task",
    retry: false,
    docs: "No task has this id, or it is not yours to see.",
  },
  dependency_cycle: {
    status: 422,
    title: "Dependency cycle",
    retry: false,
    docs: "The dependencies would wait for each other.",
  },
  unknown_workflow: {
    status: 422,
    title: "No such workflow",
    retry: false,
    docs: "No registered workflow has this name or digest.",
  },
  no_claimable_task: {
    status: 404,
    title: "No claimable task",
    retry: true,
    docs: "No ready task fits the agent's capabilities. Ask again later.",
  },
  idempotency_key_reused: {
    status: 422,
    title: "Idempotency key reused with another body",
    retry: false,
    docs: "The key was used for a different request within 24 hours.",
  },
  idempotency_in_progress: {
    status: 409,
    title: "Request still running",
    retry: true,
    docs: "The first request with this idempotency key has not been answered yet.",
  },
  outcome_unknown: {
    status: 409,
    title: "Outcome unknown",
    retry: false,
    docs: "The server stopped while the first request ran. It is never run twice: look at the task before going on.",
  },
  last_operator_key: {
    status: 409,
    title: "Last operator key",
    retry: false,
    docs: "Revoking it would lock everyone out. Make another operator key first.",
  },
  too_many_tasks: {
    status: 429,
    title: "Too many tasks held",
    retry: true,
    docs: "The agent holds as many tasks as one may (`tasks.max_held_per_agent`). Finish or release one, then claim.",
  },
  rate_limited: { status: 429, title: "Too many requests", retry: true, docs: "Wait for `retry_after` seconds." },
  // Task state
  task_not_claimable: {
    status: 409,
    title: "Task not claimable",
    retry: false,
    docs: "The named task is held, waits for dependencies, or has ended.",
  },
  task_not_active: {
    status: 409,
    title: "Task not active",
    retry: false,
    docs: "The task's status does not permit the command.",
  },
  stale_phase: {
    status: 409,
    title: "Stale phase",
    retry: false,
    docs: "`current_phase` is not the phase that the task is in.",
  },
  no_such_transition: {
    status: 400,
    title: "No transition defined",
    retry: false,
    docs: "The workflow has no transition between the two phases.",
  },
  transition_in_progress: {
    status: 409,
    title: "Transition in progress",
    retry: true,
    docs: "A transition of this task is being judged; effects wait until it is decided.",
  },
  not_last_phase: {
    status: 409,
    title: "Not the last phase",
    retry: false,
    docs: "`complete` ends a task in its last phase only.",
  },
  version_conflict: {
    status: 409,
    title: "Task changed meanwhile",
    retry: true,
    docs: "Someone was faster, several times in a row. Ask again.",
  },
  assurance_insufficient: {
    status: 409,
    title: "Assurance too low",
    retry: false,
    docs: "The workflow asks for more than this machine's runner gives. `phasegate doctor` says what is missing.",
  },
  blocker_open: {
    status: 409,
    title: "Blocker open",
    retry: false,
    docs: "A recorded blocker stands against the transition.",
  },
  unknown_blocker: {
    status: 404,
    title: "No such blocker",
    retry: false,
    docs: "The task has no open blocker with this id.",
  },
  unknown_operation: {
    status: 404,
    title: "No such operation",
    retry: false,
    docs: "No operation has this id, or it is not yours.",
  },
  // Gates
  gate_blocked: {
    status: 200,
    title: "Gate blocked",
    retry: false,
    docs: "A transition's checks did not pass; `findings` name each.",
  },
  artifact_missing: {
    status: 200,
    title: "Artifact missing",
    retry: false,
    docs: "The phase requires an artifact that was not submitted.",
  },
  artifact_invalid: {
    status: 200,
    title: "Artifact invalid",
    retry: false,
    docs: "A submitted artifact does not fit its schema, or would replace from another phase what was approved.",
  },
  evidence_running: {
    status: 200,
    title: "Evidence is being gathered",
    retry: true,
    docs: "Ask again, or follow the operation: `warnings` names it and the run that it waits for.",
  },
  // Approvals and reviews
  unknown_approval: {
    status: 404,
    title: "No such approval",
    retry: false,
    docs: "No approval has this id, or the task is not yours to see. `phasegate approvals` lists the open ones.",
  },
  approval_not_open: {
    status: 409,
    title: "Approval not open",
    retry: false,
    docs: "The approval was decided, withdrawn or used, or its time is over. `GET /approvals/{id}` says which.",
  },
  approval_digest_mismatch: {
    status: 409,
    title: "Another digest is to be approved",
    retry: false,
    docs: "The digest in the request is not the one that the approval binds to. Look at the approval again.",
  },
  self_approval: {
    status: 403,
    title: "Own work cannot be approved",
    retry: false,
    docs: "Who held the task, another key of theirs, or another agent of the same owner never judges the work.",
  },
  self_review: {
    status: 403,
    title: "Own work cannot be reviewed",
    retry: false,
    docs: "Reviews, and claims of review tasks, come from principals that are not among the authors of the work.",
  },
  review_other_tree: {
    status: 409,
    title: "Review of another tree",
    retry: false,
    docs: "The review names a tree that is not the task's present one. Look at the work as it is now, and review that.",
  },
  // Tools
  tool_not_allowed: {
    status: 403,
    title: "Tool not allowed",
    retry: false,
    docs: "The phase does not list the tool, or forbids it.",
  },
  tool_not_available: {
    status: 400,
    title: "Tool not available",
    retry: false,
    docs: "The workflow lists the tool, but this server has no executor for it.",
  },
  tool_failed: {
    status: 400,
    title: "Tool execution failed",
    retry: false,
    docs: "The tool ran and failed: no such file, text not found, not a directory.",
  },
  tool_timeout: {
    status: 400,
    title: "Tool timed out",
    retry: false,
    docs: "The tool ran past its time and was ended; `result` holds what it printed. Its changes were judged like any other.",
  },
  limit_exceeded: {
    status: 400,
    title: "Limit exceeded",
    retry: false,
    docs: "The command needed more memory, processes, processor time, output or disk than it may have (`runner.max_*`); the message names which. `result` holds what it printed; its changes were judged like any other.",
  },
  path_not_allowed: {
    status: 403,
    title: "Path not allowed",
    retry: false,
    docs: "The phase may not change this path.",
  },
  path_outside_workspace: {
    status: 403,
    title: "Path outside the workspace",
    retry: false,
    docs: "The path, or a link on the way, leads out of the workspace.",
  },
  path_protected: {
    status: 403,
    title: "Path protected",
    retry: false,
    docs: "No phase may change the workflow, its schemas, `.phasegate/**` or `.git`.",
  },
  path_invalid: {
    status: 422,
    title: "Path invalid",
    retry: false,
    docs: "The path is empty, too long, not Unicode, or holds a NUL.",
  },
  command_not_allowed: {
    status: 403,
    title: "Command not allowed",
    retry: false,
    docs: "The command is not listed, is forbidden, or cannot be resolved before it runs.",
  },
  rolled_back: {
    status: 403,
    title: "Rolled back",
    retry: false,
    docs: "The call changed what the phase may not change; the workspace is as before, with the index, refs and stash of its `.git`.",
  },
  unsupported_entry: {
    status: 403,
    title: "Unsupported entry",
    retry: false,
    docs: "The tree holds a nested .git, FIFO, socket, device, or setuid, setgid or sticky bit.",
  },
  tree_too_large: {
    status: 413,
    title: "Tree too large",
    retry: false,
    docs: "The workspace is past the bounds on files or bytes, or could not be read within two minutes; nothing was judged on a part of it.",
  },
  workspace_full: {
    status: 413,
    title: "Workspace full",
    retry: false,
    docs: "The call left the workspace, scratch, ignored files and `.git` included, past its quota (`runner.max_workspace_mb`, `runner.max_workspace_entries`), or more file versions than are kept for a task (`runner.max_versions_mb`); what it added was removed.",
  },
  unknown_call: {
    status: 404,
    title: "No such open call",
    retry: false,
    docs: "No authorized call with this event id waits for its record.",
  },
  // Load
  workflow_invalid: {
    status: 422,
    title: "Workflow does not load",
    retry: false,
    docs: "`findings` name each error with file:line:column.",
  },
  check_without_source: {
    status: 422,
    title: "Check without source",
    retry: false,
    docs: "The check speaks of facts that nothing gathers; set `evidence: self_reported` to accept the agent's word.",
  },
  config_invalid: {
    status: 422,
    title: "Configuration invalid",
    retry: false,
    docs: "Each error names key, source and allowed range.",
  },
  // Server
  ledger_unavailable: {
    status: 503,
    title: "Ledger cannot write",
    retry: true,
    docs: "The decision could not be made durable, so none was made.",
  },
  ledger_corrupt: {
    status: 503,
    title: "Ledger corrupt",
    retry: false,
    docs: "The database cannot be read, or its chain does not verify. Run `phasegate audit verify`.",
  },
  export_invalid: {
    status: 422,
    title: "Audit export does not hold",
    retry: false,
    docs: "Files or manifest of an audit export are not what the export wrote, or of another ledger. Name another file, or put them back from a backup.",
  },
  backup_invalid: {
    status: 503,
    title: "Backup does not hold",
    retry: false,
    docs: "A file of the backup is missing, added or changed, or its ledger does not verify. Nothing was restored.",
  },
  workspace_unavailable: {
    status: 503,
    title: "Workspace unavailable",
    retry: true,
    docs: "The task's workspace could not be prepared or read.",
  },
  sandbox_unavailable: {
    status: 503,
    title: "Sandbox unavailable",
    retry: false,
    docs: "The OS sandbox could not be set up, so nothing ran. `phasegate doctor` says what to install.",
  },
  disk_space_low: {
    status: 503,
    title: "Disk space low",
    retry: true,
    docs: "Less than `runner.min_free_mb` is free where the workspaces or the data are, so nothing that writes is begun. An operator frees space; reading and approving go on.",
  },
  overloaded: {
    status: 503,
    title: "Overloaded",
    retry: true,
    docs: "Too much is waiting. Come back after `retry_after` seconds.",
  },
  not_ready: {
    status: 503,
    title: "Not ready",
    retry: true,
    docs: "`/health/ready`: workspaces cannot be made, the disk is nearly full, or the clock jumped.",
  },
  shutting_down: { status: 503, title: "Shutting down", retry: true, docs: "The server takes no new work." },
  timed_out: {
    status: 503,
    title: "Timed out",
    retry: true,
    docs: "Deciding took longer than `server.timeout_seconds`; nothing was granted.",
  },
  webhook_failed: {
    status: 502,
    title: "The receiver did not take the event",
    retry: true,
    docs: "A dead letter was sent again and refused, or its circuit is open. Look at the receiver, then send it again.",
  },
  internal_error: { status: 500, title: "Internal error", retry: false, docs: "A bug: denied. See the log." },
} as const satisfies Record<string, ErrorDefinition>;

export type ReasonCode = keyof typeof errorRegistry;
export const reasonCodes = Object.keys(errorRegistry) as ReasonCode[];
