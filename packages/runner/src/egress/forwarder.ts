import { spawn } from "node:child_process";
import { createServer, connect, type Socket } from "node:net";
import { constants } from "node:os";

/**
 * Runs inside the sandbox as `forwarder <socket> <command...>`: the command finds a proxy on the loopback of its own
 * network namespace, and the proxy's other end is the socket. Its exit code is the command's.
 */
const [socketPath = "", program = "", ...args] = process.argv.slice(2);

const server = createServer({ allowHalfOpen: true }, (client) => {
  const proxy = connect({ path: socketPath, allowHalfOpen: true });
  tie(client, proxy);
  tie(proxy, client);
});

function tie(from: Socket, to: Socket): void {
  from.on("error", () => to.destroy());
  from.on("close", () => to.destroySoon());
  from.pipe(to);
}

function variables(port: number): Record<string, string> {
  const url = `http://127.0.0.1:${String(port)}`;
  const direct = "localhost,127.0.0.1,::1";
  const urlNames = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "npm_config_proxy", "npm_config_https_proxy"];
  const others = ["PIP_PROXY", "YARN_HTTP_PROXY", "YARN_HTTPS_PROXY", "CARGO_HTTP_PROXY"];
  const java = ["http", "https"].map(
    (scheme) => `-D${scheme}.proxyHost=127.0.0.1 -D${scheme}.proxyPort=${String(port)}`,
  );
  return {
    ...Object.fromEntries([...urlNames, ...urlNames.map((name) => name.toLowerCase()), ...others].map((n) => [n, url])),
    NO_PROXY: direct,
    no_proxy: direct,
    npm_config_noproxy: direct,
    NODE_USE_ENV_PROXY: "1",
    JAVA_TOOL_OPTIONS: java.join(" "),
  };
}

server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the forwarder has no port");
  const child = spawn(program, args, { stdio: "inherit", env: { ...process.env, ...variables(address.port) } });
  child.on("error", (error) => {
    process.stderr.write(`${error.message}\n`, () => process.exit(127));
  });
  child.on("exit", (code, signal) => process.exit(code ?? 128 + (signal === null ? 0 : constants.signals[signal])));
});
