import { ChangeConfigRequest, ConfigAnswer, ConfigChangesAnswer } from "@phasegate/wire";
import { refuseAgents } from "../auth/refuse-agents.ts";
import { type Route, route } from "../http/route.ts";
import type { ConfigChange } from "./compare-configs.ts";
import type { ConfigManager, SettingState } from "./config-manager.ts";

/** GET and PATCH /config, POST /config/reload: for operators, and the reading one for auditors. */
export function configRoutes(configuration: ConfigManager): Route[] {
  const changed = (
    changes: readonly ConfigChange[],
    rest: Partial<Pick<ConfigChangesAnswer, "saved" | "warnings">>,
  ): ConfigChangesAnswer => ({
    changes: changes.map((change) => ({ ...change })),
    restart_needed: restartNeeded(configuration.settings()),
    saved: null,
    warnings: [],
    ...rest,
  });
  return [
    route({
      method: "GET",
      path: "/api/v1/config",
      operationId: "showConfig",
      summary: "Every setting with its value, source, range and effect, without secrets",
      tag: "config",
      unbounded: true,
      access: { kind: "roles", roles: ["operator", "admin", "auditor"] },
      answers: { 200: ConfigAnswer },
      handle: async () => {
        const states = configuration.settings();
        const body: ConfigAnswer = { settings: states.map(settingAnswer), restart_needed: restartNeeded(states) };
        return { status: 200, body };
      },
    }),
    route({
      method: "PATCH",
      path: "/api/v1/config",
      operationId: "changeConfig",
      summary: "Changes settings of the running server, all or none",
      tag: "config",
      unbounded: true,
      access: { kind: "roles", roles: ["operator", "admin"] },
      body: ChangeConfigRequest,
      answers: { 200: ConfigChangesAnswer },
      handle: async (_context, caller, { body }) => {
        refuseAgents(caller.principal, "cannot change the configuration");
        const changes = await configuration.change(body.changes, caller.principal.id);
        const saved = body.save === true ? (await configuration.save()).path : null;
        return { status: 200, body: changed(changes, { saved }) };
      },
    }),
    route({
      method: "POST",
      path: "/api/v1/config/reload",
      operationId: "reloadConfig",
      summary: "Reads the configuration file again; a wrong one changes nothing",
      tag: "config",
      unbounded: true,
      access: { kind: "roles", roles: ["operator", "admin"] },
      answers: { 200: ConfigChangesAnswer },
      handle: async (_context, caller) => {
        refuseAgents(caller.principal, "cannot change the configuration");
        const { changes, warnings } = await configuration.reload(caller.principal.id);
        return { status: 200, body: changed(changes, { warnings: warnings.map((warning) => ({ ...warning })) }) };
      },
    }),
  ];
}

function settingAnswer({ setting, value, source, ...rest }: SettingState): ConfigAnswer["settings"][number] {
  return {
    key: setting.path,
    value,
    default: setting.default,
    source,
    effect: setting.effect,
    variable: setting.variable,
    allowed: setting.allowed,
    description: setting.description,
    ...("pending" in rest ? { pending: { value: rest.pending } } : {}),
  };
}

function restartNeeded(states: readonly SettingState[]): string[] {
  return states.filter((state) => "pending" in state).map(({ setting }) => setting.path);
}
