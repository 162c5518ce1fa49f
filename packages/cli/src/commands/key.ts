import { Option, type Command } from "commander";
import {
  principalKinds,
  principalRoles,
  type CreatedKeyAnswer,
  type CreateKeyRequest,
  type KeyAnswer,
  type KeyListAnswer,
} from "@phasegate/wire";
import { withServer } from "../client/connect.ts";
import { addServerOptions, type CommandLine, type ServerOptions } from "../command-line.ts";
import { printFields, printJson, printTable } from "../output/table.ts";
import { integerBetween } from "./task.ts";

interface AddOptions extends ServerOptions {
  readonly kind: CreateKeyRequest["kind"];
  readonly role: CreateKeyRequest["roles"];
  readonly name: string;
  readonly owner?: string;
  readonly expiresIn?: number;
}

export function register(program: Command, commandLine: CommandLine): void {
  const { io } = commandLine;
  const key = program.command("key").description("API keys: add, list, revoke (operator)");

  addServerOptions(key.command("add"))
    .description("make a key; it is shown this once")
    .requiredOption("--name <name>", "names the principal")
    .addOption(new Option("--kind <kind>", "what the principal is").choices(principalKinds).makeOptionMandatory())
    .addOption(new Option("--role <role...>", "what it may do").choices(principalRoles).makeOptionMandatory())
    .option("--owner <principal>", "id or name of the person or service that answers for it")
    .option("--expires-in <seconds>", "after which it is dead", integerBetween(1, 315_360_000))
    .action((options: AddOptions) =>
      withServer(io, options, async (client) => {
        const body: CreateKeyRequest = {
          name: options.name,
          kind: options.kind,
          roles: options.role,
          ...(options.owner === undefined ? {} : { owner: options.owner }),
          ...(options.expiresIn === undefined ? {} : { expires_in_seconds: options.expiresIn }),
        };
        const created = await client.post<CreatedKeyAnswer>("/keys", body);
        if (options.json) return printJson(io, created);
        printFields(io, [
          ["id", created.id],
          ["name", created.name],
          ["kind", created.kind],
          ["roles", created.roles],
          ["key", created.key],
        ]);
        io.error("the key is shown this once; hand it over as PHASEGATE_KEY");
      }),
    );

  addServerOptions(key.command("list"))
    .description("list keys, without their secrets")
    .action((options: ServerOptions) =>
      withServer(io, options, async (client) => {
        const answer = await client.get<KeyListAnswer>("/keys");
        if (options.json) return printJson(io, answer);
        printTable(
          io,
          ["id", "name", "kind", "roles", "owner", "state"],
          answer.keys.map((row) => [row.id, row.name, row.kind, row.roles, row.owner, stateOf(row)]),
        );
      }),
    );

  addServerOptions(key.command("revoke <id>"))
    .description("end a key at once, on every instance")
    .option("--reason <text>", "why; it is recorded")
    .action((id: string, options: ServerOptions & { readonly reason?: string }) =>
      withServer(io, options, async (client) => {
        const revoked = await client.delete<KeyAnswer>(`/keys/${encodeURIComponent(id)}`, { reason: options.reason });
        if (options.json) return printJson(io, revoked);
        printFields(io, [
          ["id", revoked.id],
          ["name", revoked.name],
          ["revoked", revoked.revoked_at],
        ]);
      }),
    );
}

function stateOf(key: KeyAnswer): string {
  if (key.revoked_at !== null) return `revoked ${key.revoked_at}`;
  return key.expires_at === null ? "valid" : `valid until ${key.expires_at}`;
}
