import { type Static, Type } from "typebox";
import { reasonCodes } from "@phasegate/wire";

const closed = { additionalProperties: false } as const;
const Text = Type.String({ minLength: 1, maxLength: 4_000 });
const Content = Type.String({ maxLength: 4_000 });

/** Whose key a call is made with. `twin` is another key of the attacker's owner. */
export const actors = ["agent", "twin", "other_agent", "reviewer", "person", "operator", "nobody"] as const;
export type Actor = (typeof actors)[number];

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
] as const;
export type TokenTrick = (typeof tokenTricks)[number];

/** Where in the honest way a case is tried. */
export const moments = ["entered", "ready", "awaiting_approval", "approved", "ended"] as const;
export type Moment = (typeof moments)[number];

const how = { as: Type.Optional(Type.Enum([...actors])), token: Type.Optional(Type.Enum([...tokenTricks])) };

export const AttackStep = Type.Union(
  [
    Type.Object({ tool: Text, args: Type.Object({}, { additionalProperties: true }), ...how }, closed),
    Type.Object(
      { transition: Text, from: Type.Optional(Text), artifacts: Type.Optional(Type.Object({})), ...how },
      closed,
    ),
    Type.Object(
      { http: Type.String({ pattern: "^(GET|POST|DELETE) /" }), body: Type.Optional(Type.Object({})), ...how },
      closed,
    ),
    Type.Object({ outside: Text, content: Content }, { ...closed, description: "a file written past the server" }),
  ],
  {
    description:
      "`{task}`, `{token}`, `{other_task}`, `{other_workspace}`, `{workspace}`, `{data_dir}`, `{approval}` and `{digest}` are filled in",
  },
);
export type AttackStep = Static<typeof AttackStep>;

export const outcomes = ["stopped", "detected", "reported"] as const;

const Expectation = Type.Object(
  {
    status: Type.Integer({ minimum: 200, maximum: 599 }),
    code: Type.Optional(Type.Enum([...reasonCodes])),
    finding: Type.Optional(Text),
    command_fails: Type.Optional(Type.Boolean({ description: "the tool ran, and its exit code is not 0" })),
    lacks: Type.Optional(Type.Array(Text, { description: "texts that the answer must not hold" })),
    shows: Type.Optional(Type.Array(Text, { description: "texts that the answer must hold" })),
  },
  closed,
);

/** One way round an enforcer: what is set up, what is tried, and what must come of it. */
export const AttackCase = Type.Object(
  {
    name: Text,
    /** A row of the list of known ways: A1 .. G8. */
    class: Type.String({ pattern: "^[A-G]([1-9][0-9]?)[ab]?$" }),
    /** The least assurance at which it must hold; below it the case is not tried, and counted as beyond the level. */
    level: Type.Enum(["sandboxed", "mediated"]),
    phase: Text,
    moment: Type.Optional(Type.Enum([...moments])),
    setup: Type.Optional(Type.Array(AttackStep, { maxItems: 10 })),
    action: AttackStep,
    expect: Expectation,
    /** `detected`: it happened, and a gate or a record shows it. `reported`: what a person is shown contains it. */
    outcome: Type.Optional(Type.Enum([...outcomes])),
    /** Paths of the workspace that the action may change; everything else must be as before. */
    may_change: Type.Optional(Type.Array(Text)),
    cleanup: Type.Optional(Type.Array(AttackStep, { maxItems: 10 })),
  },
  closed,
);
export type AttackCase = Static<typeof AttackCase>;

export const AttackFile = Type.Object(
  { about: Text, cases: Type.Array(AttackCase, { minItems: 1, maxItems: 500 }) },
  closed,
);
export type AttackFile = Static<typeof AttackFile>;
