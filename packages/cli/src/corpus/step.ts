import { type Static, type TSchema, Type } from "typebox";

const closed = { additionalProperties: false } as const;
export const Text = Type.String({ minLength: 1, maxLength: 4_000 });
const AnyObject = Type.Object({}, { additionalProperties: true });
/** A text, `{ $repeat: [text, times] }` or `{ $join: [...] }`. */
const Generated = Type.Union([Type.String({ maxLength: 20_000 }), AnyObject]);

/** Whose key a call is made with. `twin` is another key of the agent's owner; `crowd-7` is made when it is first named. */
export const actors = ["agent", "twin", "other_agent", "reviewer", "person", "operator", "nobody"] as const;
const ActorName = Type.String({ pattern: `^(${actors.join("|")}|crowd-([0-9]{1,4}|\\{n\\}))$` });
export type Actor = string;

/** The token that a call shows: the live one, or one that must not work. */
export const tokenTricks = [
  "live",
  "absent",
  "garbage",
  "previous",
  "other_task",
  "unsigned",
  "hmac",
  "foreign_signature",
  "foreign_key_id",
  "other_phase",
  "prolonged",
  "embedded_key",
  "key_id_path",
  "oddly_unsigned",
  "critical_header",
  "without_expiry",
  "extra_part",
  "without_signature",
] as const;
export type TokenTrick = (typeof tokenTricks)[number];

/** What can be wrong with an installed hook. */
const brokenHooks = [
  "node_missing",
  "node_not_executable",
  "node_fails",
  "node_does_nothing",
  "node_killed",
  "program_missing",
  "program_empty",
  "program_malformed",
  "program_throws",
  "program_exits",
  "binding_cut",
  "binding_open",
  "binding_folder",
  "binding_gone",
  "bindings_gone",
  "environment",
  "input_open",
] as const;

const OneOrMore = <Item extends TSchema>(item: Item) =>
  Type.Union([item, Type.Array(item, { minItems: 1, maxItems: 10 })]);
const Range = Type.Union([
  Type.Integer({ minimum: 0 }),
  Type.Array(Type.Integer({ minimum: 0 }), { minItems: 2, maxItems: 2 }),
]);

/** What an answer must be. Nothing said: the step must be granted. */
export const Expectation = Type.Object(
  {
    status: Type.Optional(OneOrMore(Type.Integer({ minimum: 200, maximum: 599 }))),
    /** Whether answers have such a code is judged where the file is read: a list of all would be no message. */
    code: Type.Optional(OneOrMore(Text)),
    finding: Type.Optional(Type.String({ minLength: 1, description: "a check among the answer's findings" })),
    awaits: Type.Optional(Type.Enum(["approval"], { description: "the transition waits for a person" })),
    exit_code: Type.Optional(Type.Integer({ minimum: 0, maximum: 255 })),
    command_fails: Type.Optional(Type.Boolean({ description: "the tool ran, and its exit code is not 0" })),
    changed: Type.Optional(Type.Array(Text, { description: "exactly these paths were changed by the command" })),
    lacks: Type.Optional(Type.Array(Text, { description: "texts that the answer must not hold" })),
    shows: Type.Optional(Type.Array(Text, { description: "texts that the answer must hold" })),
    silent: Type.Optional(Type.Boolean({ description: "nothing is said" })),
    unreachable: Type.Optional(Type.Boolean({ description: "no answer at all: nothing listens" })),
    granted: Type.Optional(Range),
    codes: Type.Optional(
      Type.Record(Type.String(), Range, { description: "how many answers of each code; no others" }),
    ),
  },
  closed,
);
export type Expectation = Static<typeof Expectation>;

const about = {
  expect: Type.Optional(Expectation),
  note: Type.Optional(Type.String({ description: "what the demo prints when it is done" })),
  keep: Type.Optional(Type.Record(Type.String({ pattern: "^[a-z][a-z_]*$" }), Type.String({ pattern: "^/" }))),
  later: Type.Optional(Type.String({ description: "begun only; `await` of this name takes its answer" })),
  eventually: Type.Optional(Type.Boolean({ description: "repeated until its expectation is met, for 20 s at most" })),
  times: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000 })),
};
const call = { ...about, as: Type.Optional(ActorName) };
const withToken = { ...call, token: Type.Optional(Type.Enum([...tokenTricks])) };

const steps = {
  tool: Type.Object({ tool: Text, args: AnyObject, ...withToken }, closed),
  bash: Type.Object(
    { bash: Generated, timeout: Type.Optional(Type.Number()), cwd: Type.Optional(Text), ...withToken },
    closed,
  ),
  write: Type.Object({ write: Text, content: Generated, ...withToken }, closed),
  transition: Type.Object(
    { transition: Text, from: Type.Optional(Text), artifacts: Type.Optional(AnyObject), ...withToken },
    closed,
  ),
  complete: Type.Object({ complete: AnyObject, ...withToken }, closed),
  release: Type.Object({ release: Text, ...withToken }, closed),
  claim: Type.Object({ claim: Text, ...call }, closed),
  approval: Type.Object(
    { approval: Type.Enum(["grant", "deny"]), comment: Type.Optional(Text), digest: Type.Optional(Text), ...call },
    closed,
  ),
  review: Type.Object(
    {
      review: Type.Enum(["pass", "fail"]),
      model: Type.Optional(Text),
      findings: Type.Optional(Type.Array(AnyObject)),
      summary: Type.Optional(Text),
      ...call,
    },
    closed,
  ),
  http: Type.Object(
    {
      http: Type.String({ pattern: "^(GET|POST|PUT|PATCH|DELETE|OPTIONS|HEAD) /" }),
      body: Type.Optional(Type.Unknown()),
      raw: Type.Optional(Generated),
      headers: Type.Optional(Type.Record(Type.String(), Type.Union([Generated, Type.Null()]))),
      ...withToken,
    },
    closed,
  ),
  outside: Type.Object(
    {
      outside: Text,
      content: Type.Optional(Generated),
      link: Type.Optional(Text),
      mode: Type.Optional(Type.String({ pattern: "^[0-7]{3,4}$" })),
      ...about,
    },
    closed,
  ),
  repository: Type.Object(
    {
      repository: Text,
      content: Type.Optional(Generated),
      commit: Type.Optional(Type.String({ minLength: 1, description: "committed to its branch with this message" })),
      ...about,
    },
    closed,
  ),
  task: Type.Object({ task: Text, body: Type.Optional(AnyObject), ...call }, closed),
  listen: Type.Object({ listen: Text, ...about }, closed),
  connections: Type.Object(
    { connections: Type.Integer({ minimum: 1, maximum: 5_000 }), sends: Type.Optional(Generated), ...about },
    closed,
  ),
  together: Type.Object({ together: Type.Array(Type.Unknown(), { minItems: 1, maxItems: 100 }), ...about }, closed),
  await: Type.Object({ await: Text, ...about }, closed),
  wait_for: Type.Object({ wait_for: Text, ...about }, closed),
  advance: Type.Object({ advance: Type.Number({ minimum: -10_000_000, maximum: 10_000_000 }), ...about }, closed),
  server: Type.Object({ server: Type.Enum(["stop", "start", "restart", "kill"]), ...about }, closed),
  ledger: Type.Object({ ledger: Type.Enum(["lock", "unlock", "full"]), ...about }, closed),
  hook: Type.Object(
    {
      hook: Type.String({ minLength: 1, maxLength: 4_000, description: "a tool of the host" }),
      input: Type.Optional(AnyObject),
      event: Type.Optional(Text),
      payload: Type.Optional(AnyObject),
      raw: Type.Optional(Generated),
      cwd: Type.Optional(Text),
      runs_in: Type.Optional(Text),
      session: Type.Optional(Text),
      broken: Type.Optional(Type.Enum([...brokenHooks])),
      answers: Type.Optional(
        Type.Object(
          {
            status: Type.Optional(Type.Integer({ minimum: 200, maximum: 599 })),
            body: Type.Optional(Generated),
            type: Type.Optional(Text),
            location: Type.Optional(Text),
            token: Type.Optional(Type.Boolean()),
            silent: Type.Optional(Type.Boolean()),
            cut: Type.Optional(Type.Boolean()),
          },
          closed,
        ),
      ),
      ...call,
    },
    closed,
  ),
  cli: Type.Object({ cli: Type.Array(Text, { minItems: 1 }), stdin: Type.Optional(Generated), ...call }, closed),
};

export type Verb = keyof typeof steps;
export const stepSchemas: Readonly<Record<Verb, TSchema>> = steps;
export const verbs = Object.keys(steps) as readonly Verb[];

type Written = { readonly [Name in Verb]: Static<(typeof steps)[Name]> };
export type Step = Exclude<Written[Verb], Written["together"]> | TogetherStep;
export type TogetherStep = Omit<Written["together"], "together"> & { readonly together: readonly Step[] };
export type StepOf<Name extends Verb> = Name extends "together" ? TogetherStep : Written[Name];

/** Steps that act on the whole server: a case with one of them has a server of its own. */
const serverVerbs: readonly Verb[] = ["repository", "task", "advance", "server", "ledger", "connections"];

export function verbOf(step: Step): Verb {
  const verb = verbs.find((name) => name in step);
  if (verb === undefined) throw new Error("a step without a verb was loaded");
  return verb;
}

/** True where a step reaches beyond its own task. */
export function needsOwnServer(step: Step): boolean {
  return serverVerbs.includes(verbOf(step)) || ("together" in step && step.together.some(needsOwnServer));
}
