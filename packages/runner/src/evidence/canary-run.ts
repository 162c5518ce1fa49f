import { randomBytes } from "node:crypto";
import { chmod, lstat, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import path from "node:path";
import type { Canary, TestCase, TestRun } from "@phasegate/wire";
import { canaryTemplate, type CanaryTemplate } from "./canary-template.ts";
import { judgeCanary, printedRefusal, withoutFailure } from "./judge-canary.ts";
import type { Checkout } from "./checkout.ts";
import { fileWords, mayNameFiles } from "./test-command.ts";
import { wordsOfWholeRun } from "./test-runner.ts";
import { runOnce, type TestCommandRequest } from "./test-run.ts";

/** Bounds of what one canary run plants tests into: chosen files alone, or any of a whole run. */
const maxFiles = { narrow: 6, whole: 64 };
const maxFileBytes = 1024 * 1024;
const maxConfigurationBytes = 64 * 1024;

export interface CanaryRequest extends TestCommandRequest {
  /** Of the run that the canary vouches for, on the same checkout. */
  readonly cases: readonly TestCase[];
  /** The base alone, to be run with the same setup; null where the task changed what the setup makes. */
  readonly base: CanaryBase | null;
}

/** The tree that a task began with. */
export interface CanaryBase {
  readonly files: readonly string[];
  open(): Promise<Checkout>;
}

/**
 * Runs the command once more on the checkout, whose test files now also hold tests that must fail, and says whether
 * these were reported so. Only files whose own tests have just passed are taken, so that what selects test files
 * selects these. The checkout is of no use for anything else afterwards.
 */
export async function runCanary(request: CanaryRequest): Promise<Canary> {
  const template = request.selection === null ? canaryTemplate(request.settings.command) : null;
  if (template === null) {
    return { outcome: "not_applicable", seen: "the command is not plainly that of a test runner with a template" };
  }
  const { files: found, setups, untried } = await testFiles(request, template);
  if (found.length === 0) {
    return { outcome: "not_applicable", seen: "no test file that passed can hold a test that must fail" };
  }
  const token = newToken();
  const isOfBase = (file: string): boolean => !request.changed.has(file);
  // What a task writes into a configuration is no excuse for a canary that is not there.
  const configuration = await configurationText(request, template, isOfBase);
  const { command } = request.settings;
  const report = {
    token,
    selects: template.selects.test(configuration),
    stopsAtFailure:
      wordsOfWholeRun(command).length === 0 && template.stopsAtFailure.test(`${command}\n${configuration}`),
  };
  const planted = new Set<string>();
  const plant = async (files: readonly string[]): Promise<void> => {
    for (const file of files) if (!planted.has(file)) await plantInto(request, template, { token, file });
    for (const file of files) planted.add(file);
  };
  const settings = { ...request.settings, coverage: null };
  if (mayNameFiles(settings, request.files)) {
    const files = found.slice(0, Math.max(maxFiles.narrow, setups)).filter((file) => /^[\w./@+-]+$/.test(file));
    const isForEachSetup = found.slice(0, setups).every((file) => files.includes(file));
    if (files.length > 0 && isForEachSetup && loadsWhatChanged(request, template, files)) {
      await plant(files);
      const run = await runOnce({ ...request, settings }, fileWords(files, settings.cwd));
      const judged = judgeCanary(run, { ...report, files });
      // What a runner makes of names of files is its own affair; only a whole run tells that they were left out.
      if (judged.outcome === "passed" || judged.outcome === "failed_as_it_must") return withUntried(judged, untried);
    }
  }
  const files = found.slice(0, maxFiles.whole);
  await plant(files);
  const run = await runOnce({ ...request, settings }, []);
  const judged = judgeCanary(run, { ...report, files });
  if (judged.outcome !== "missing") return withUntried(judged, untried);
  const refused = withoutFailure(run.cases, { token, files });
  const printed = printedRefusal(run, { token, files: refused });
  if (printed === null) return judged;
  const isOfTheBase = await refusesOnBase({ ...request, settings }, template, { token, files: refused });
  const said = `the run printed \`${printed}\``;
  return isOfTheBase
    ? { outcome: "not_applicable", seen: `the base alone refuses them, too: ${said}` }
    : { ...judged, seen: `${judged.seen ?? ""}; ${said}` };
}

/**
 * Whether the base refuses such tests in these files without anything of the task: only then a refusal is no sign of
 * what the task does. A file of the task's is there with nothing but the tests that must fail.
 */
async function refusesOnBase(
  request: CanaryRequest,
  template: CanaryTemplate,
  { token, files }: { readonly token: string; readonly files: readonly string[] },
): Promise<boolean> {
  if (request.base === null) return false;
  await using checkout = await request.base.open();
  const ofBase = { ...request, workspacePath: checkout.path, files: [...new Set([...request.base.files, ...files])] };
  for (const file of files) {
    if (request.changed.has(file)) await plantAlone(ofBase, template, { token, file });
    else await plantInto(ofBase, template, { token, file });
  }
  return printedRefusal(await runOnce({ ...ofBase, changed: new Map() }, []), { token, files }) !== null;
}

/** Says of how many folders with a setup of their own none was tried. */
function withUntried(canary: Canary, untried: number): Canary {
  if (canary.outcome !== "failed_as_it_must" || untried === 0) return canary;
  return { ...canary, seen: `not tried in ${String(untried)} folders with a setup of their own` };
}

/** True of a run that could let a gate pass: only there a canary is worth its time. */
export function isWorthCanary(run: Pick<TestRun, "status" | "cases">): boolean {
  return run.status === "completed" && run.cases.some(({ outcome }) => outcome === "passed");
}

/** Lower-case letters, so that it may stand in any name; nobody can know it before the run. */
function newToken(): string {
  return [...randomBytes(20)].map((byte) => String.fromCharCode(97 + (byte % 26))).join("");
}

/**
 * Test files in which a test passed: in front one for each folder with a setup of its own, in which setups that this task
 * changed come first, and then those that this task changed.
 */
async function testFiles(
  request: CanaryRequest,
  template: CanaryTemplate,
): Promise<{ readonly files: readonly string[]; readonly setups: number; readonly untried: number }> {
  const known = new Set(request.files);
  const passed = new Set<string>();
  for (const { file, outcome } of request.cases) if (file !== null && outcome === "passed") passed.add(file);
  const candidates = [...passed]
    .filter((file) => known.has(file) && template.fileName.test(file) && request.workflow.isTestFile(file))
    .sort((a, b) => Number(request.changed.has(b)) - Number(request.changed.has(a)) || (a < b ? -1 : 1));
  const plantable: string[] = [];
  for (const file of candidates) {
    const stats = await lstat(path.join(request.workspacePath, file));
    if (stats.isFile() && stats.size <= maxFileBytes) plantable.push(file);
  }
  const folders = setupFolders(request, template);
  const { ordered, setups } = oneForEachSetup(plantable, folders);
  const tried = Math.min(setups, maxFiles.whole);
  return {
    files: ordered.slice(0, maxFiles.whole),
    setups: tried,
    untried: oneForEachSetup(candidates, folders).setups - tried,
  };
}

/** Folders that hold what prepares the tests below them, and whether this task changed it. */
function setupFolders({ files, changed }: CanaryRequest, { setup }: CanaryTemplate): ReadonlyMap<string, boolean> {
  const folders = new Map<string, boolean>();
  for (const file of files) {
    if (!setup.test(path.posix.basename(file))) continue;
    const folder = path.posix.dirname(file);
    folders.set(folder, folders.get(folder) === true || changed.has(file));
  }
  return folders;
}

/** The candidates in their order, behind the first of each folder with a setup, changed setups in front. */
export function oneForEachSetup(
  candidates: readonly string[],
  folders: ReadonlyMap<string, boolean>,
): { readonly ordered: readonly string[]; readonly setups: number } {
  const first = new Map<string, string>();
  for (const file of candidates) {
    const folder = nearest(file, folders);
    if (!first.has(folder)) first.set(folder, file);
  }
  const chosen = [...first]
    .sort(([a], [b]) => Number(folders.get(b) === true) - Number(folders.get(a) === true))
    .map(([, file]) => file);
  const isChosen = new Set(chosen);
  return { ordered: [...chosen, ...candidates.filter((file) => !isChosen.has(file))], setups: chosen.length };
}

/** The nearest folder above a file that is one of these; "." where none is. */
function nearest(file: string, folders: ReadonlyMap<string, boolean>): string {
  let folder = path.posix.dirname(file);
  while (folder !== "." && !folders.has(folder)) folder = path.posix.dirname(folder);
  return folder;
}

async function plantInto(
  { workspacePath }: CanaryRequest,
  template: CanaryTemplate,
  { token, file }: { readonly token: string; readonly file: string },
): Promise<void> {
  const target = path.join(workspacePath, file);
  const [text, { mode }] = [await readFile(target), await lstat(target)];
  const beside = `${target}.${token}`;
  await writeFile(beside, Buffer.concat([text, Buffer.from(template.write(token, text.toString("utf8")))]), {
    flag: "wx",
  });
  await chmod(beside, mode);
  await rename(beside, target);
}

async function plantAlone(
  { workspacePath }: CanaryRequest,
  template: CanaryTemplate,
  { token, file }: { readonly token: string; readonly file: string },
): Promise<void> {
  const target = path.join(workspacePath, file);
  await mkdir(path.dirname(target), { recursive: true });
  const beside = `${target}.${token}`;
  await writeFile(beside, template.write(token, ""), { flag: "wx" });
  await rename(beside, target);
}

async function configurationText(
  request: CanaryRequest,
  template: CanaryTemplate,
  isOfBase: (file: string) => boolean,
): Promise<string> {
  const texts = Object.entries(request.settings.env).map(([name, value]) => `${name}=${value}`);
  for (const file of request.files) {
    if (!template.configuration.test(path.posix.basename(file)) || !isOfBase(file)) continue;
    const target = path.join(request.workspacePath, file);
    const stats = await lstat(target).catch(() => null);
    if (stats?.isFile() && stats.size <= maxConfigurationBytes) texts.push(await readFile(target, "utf8"));
  }
  return texts.join("\n");
}

/**
 * Whether a run of these files alone loads all that the task changed beside them: another of its files that the whole
 * run loads as a test, a helper or a setup could take the effect from the tests of that run and not of this one.
 */
function loadsWhatChanged(
  { changed, workflow }: CanaryRequest,
  { setup, configuration }: CanaryTemplate,
  files: readonly string[],
): boolean {
  const named = new Set(files);
  return [...changed.keys()].every((file) => {
    const name = path.posix.basename(file);
    const isLoaded = workflow.isTestFile(file) || setup.test(name) || configuration.test(name);
    return named.has(file) || !isLoaded;
  });
}
