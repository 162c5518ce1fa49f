import { readdirSync } from "node:fs";
import { basename, dirname, isAbsolute, join, relative, resolve } from "node:path";
import type { Ledger } from "@phasegate/ledger";
import { PhasegateError, parseDigest, serverPrincipalId } from "@phasegate/wire";
import type { JsonValue, PrincipalId, WorkflowDigest } from "@phasegate/wire";
import { compileWorkflow, loadWorkflow } from "@phasegate/workflow";
import type { CompiledWorkflow, Diagnostic, StoredWorkflow } from "@phasegate/workflow";
import type { Clock, Ids, WorkflowRegistry } from "../context.ts";
import { readBeside, readWorkflowFile, repositoryRoot } from "./workflow-files.ts";

/** What the ledger keeps under a workflow's digest. */
interface RegisteredWorkflow {
  readonly stored: StoredWorkflow;
  /** Absolute path. */
  readonly repository: string;
}

/** `file` is named from `root`, as are the files that its text names. */
interface WorkflowText {
  readonly file: string;
  readonly root: string;
  readonly text: string;
  readonly repository?: string;
}

export interface RegisteredResult {
  readonly workflow: CompiledWorkflow;
  readonly warnings: readonly Diagnostic[];
}

interface RegistryParts {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly ids: Ids;
}

/**
 * The workflows that tasks may pin: those of the configuration at start, and those that operators add. Each is kept
 * in the ledger under its digest, so that a task is judged by the text it was created with, whatever the files say now.
 */
export class LedgerWorkflowRegistry implements WorkflowRegistry {
  readonly #parts: RegistryParts;
  readonly #compiled = new Map<WorkflowDigest, CompiledWorkflow>();
  readonly #repositories = new Map<WorkflowDigest, string>();
  /** Files of configured workflows, as absolute globs: a task of one of them may not change the rules of the next. */
  readonly #protected = new Set<string>();
  readonly #newestByName = new Map<string, WorkflowDigest>();
  #defaultDigest: WorkflowDigest | null = null;
  readonly #configured = new Set<WorkflowDigest>();
  #directory = ".";

  constructor(parts: RegistryParts) {
    this.#parts = parts;
  }

  get defaultDigest(): WorkflowDigest {
    if (this.#defaultDigest) return this.#defaultDigest;
    throw new PhasegateError("internal_error", "no default workflow has been loaded");
  }

  /** Loads what the ledger knows, then the configured files, which are newer. Throws `workflow_invalid` naming each error. */
  async open(options: { file: string; dir: string | null }): Promise<readonly Diagnostic[]> {
    this.#directory = dirname(resolve(options.file));
    const warnings: Diagnostic[] = [];
    const loaded: StoredWorkflow[] = [];
    for (const file of [...filesIn(options.dir), resolve(options.file)]) {
      const { stored, repository, warnings: found } = await this.#store(inRepository(file), serverPrincipalId);
      loaded.push(stored);
      this.#repositories.set(stored.digest, repository);
      this.#configured.add(stored.digest);
      this.#defaultDigest = stored.digest;
      for (const glob of absoluteGlobs(repository, stored.normalized.protected)) this.#protected.add(glob);
      warnings.push(...found);
    }
    // None is compiled before the files of all are known: they are protected in each.
    for (const { digest } of await this.#parts.ledger.listWorkflows()) await this.get(digest);
    for (const { digest, normalized } of loaded) this.#newestByName.set(normalized.name, digest);
    return warnings;
  }

  /** Those of the configuration, the default last. */
  async configured(): Promise<CompiledWorkflow[]> {
    const found = await Promise.all([...this.#configured].map((digest) => this.get(digest)));
    return found.filter((workflow) => workflow !== null);
  }

  /** Files that the text names are looked for beside the default workflow. */
  registerText(
    source: { text: string; file: string; repository?: string },
    principal: PrincipalId,
  ): Promise<RegisteredResult> {
    return this.register({ ...source, file: basename(source.file), root: this.#directory }, principal);
  }

  async registerFile(file: string, principal: PrincipalId): Promise<RegisteredResult> {
    return this.register(inRepository(file), principal);
  }

  /** The same content again is no error and no event. */
  async register(source: WorkflowText, principal: PrincipalId): Promise<RegisteredResult> {
    const { warnings, ...registered } = await this.#store(source, principal);
    return { workflow: this.#keep(registered), warnings };
  }

  async #store(
    source: WorkflowText,
    principal: PrincipalId,
  ): Promise<RegisteredWorkflow & { readonly warnings: readonly Diagnostic[] }> {
    const loaded = loadWorkflow({
      file: source.file,
      text: source.text,
      resolve: (path: string) => readBeside(source.root, path),
    });
    if (!loaded.ok) throw invalidWorkflow(source.file, loaded.diagnostics);
    const { stored } = loaded;
    const repository =
      source.repository ?? resolve(source.root, dirname(source.file), stored.normalized.workspace.repository);
    const known = await this.#parts.ledger.getWorkflow(stored.digest);
    if (known === null) {
      const body: RegisteredWorkflow = { stored, repository };
      await this.#parts.ledger.putWorkflow({
        digest: stored.digest,
        name: stored.normalized.name,
        body: body as unknown as JsonValue,
      });
      await this.#record(stored, source.file, principal);
    }
    return { stored, repository, warnings: loaded.warnings };
  }

  async get(digest: WorkflowDigest): Promise<CompiledWorkflow | null> {
    const compiled = this.#compiled.get(digest);
    if (compiled) return compiled;
    const body = (await this.#parts.ledger.getWorkflow(digest)) as unknown as RegisteredWorkflow | null;
    if (body === null) return null;
    // Where a configured file stands now goes before where it stood when it was first registered.
    return this.#keep({ stored: body.stored, repository: this.#repositories.get(digest) ?? body.repository });
  }

  async find(nameOrDigest: string): Promise<CompiledWorkflow | null> {
    const digest = parseDigest(nameOrDigest) ?? this.#newestByName.get(nameOrDigest) ?? null;
    return digest === null ? null : this.get(digest);
  }

  list(): Promise<CompiledWorkflow[]> {
    return Promise.resolve([...this.#compiled.values()]);
  }

  repositoryOf(workflow: CompiledWorkflow): string {
    const repository = this.#repositories.get(workflow.digest);
    if (repository !== undefined) return repository;
    throw new PhasegateError("internal_error", `no repository is known for workflow \`${workflow.digest}\``);
  }

  #keep(registered: RegisteredWorkflow): CompiledWorkflow {
    const { digest, normalized } = registered.stored;
    this.#repositories.set(digest, registered.repository);
    const own = absoluteGlobs(registered.repository, normalized.protected);
    const root = repositoryRoot(registered.repository);
    const workflow =
      this.#compiled.get(digest) ?? compileWorkflow(registered.stored, globsIn(root, [...own, ...this.#protected]));
    this.#compiled.set(digest, workflow);
    this.#newestByName.set(normalized.name, digest);
    return workflow;
  }

  async #record(stored: StoredWorkflow, file: string, principal: PrincipalId): Promise<void> {
    const { ledger, clock, ids } = this.#parts;
    const stream = `workflow/${stored.digest}`;
    await ledger.append({
      stream,
      expectedVersion: 0,
      origin: { principal, agentId: null, at: new Date(clock.now()).toISOString() },
      events: [
        {
          id: ids.make("event"),
          type: "workflow.registered",
          data: {
            name: stored.normalized.name,
            version: stored.normalized.version,
            digest: stored.digest,
            source: file,
          },
        },
      ],
    });
  }
}

export function invalidWorkflow(file: string, diagnostics: readonly Diagnostic[]): PhasegateError {
  const errors = diagnostics.filter((diagnostic) => diagnostic.severity === "error");
  const [first] = errors;
  return new PhasegateError(
    "workflow_invalid",
    `\`${file}\` does not load: ${errors.length} error(s), first ${first?.place ?? "unknown"}: ${first?.message ?? ""}`,
    {
      findings: errors.map((error) => ({
        place: error.place,
        message: error.hint === null ? error.message : `${error.message}; ${error.hint}`,
      })),
      hint: "`phasegate lint` shows each place in the file",
    },
  );
}

/** A workflow's file, named from the root of the repository that it stands in. */
function inRepository(file: string): WorkflowText {
  const root = repositoryRoot(dirname(file));
  return { file: relative(root, file), root, text: readWorkflowFile(file) };
}

function absoluteGlobs(repository: string, globs: readonly string[]): string[] {
  return globs.map((glob) => join(repository, glob));
}

/** The globs of files inside a repository, as its tasks name them: from its root, wherever the workflow stands in it. */
function globsIn(root: string, globs: readonly string[]): string[] {
  return globs.map((glob) => relative(root, glob)).filter((glob) => !glob.startsWith("..") && !isAbsolute(glob));
}

function filesIn(directory: string | null): string[] {
  if (directory === null) return [];
  try {
    return readdirSync(directory)
      .filter((name) => /\.ya?ml$/.test(name))
      .toSorted()
      .map((name) => resolve(directory, name));
  } catch (error) {
    throw new PhasegateError("config_invalid", `\`workflow.dir\`: cannot read \`${directory}\``, {}, { cause: error });
  }
}
