import { startServer } from "@phasegate/server";

/** The product as the bench runs it. Arguments: repository, data directory. Prints its address. */
const [repository = "", dataDirectory = ""] = process.argv.slice(2);
const server = await startServer({
  cwd: repository,
  env: { ...process.env },
  overrides: { "server.port": 0, "storage.data_dir": dataDirectory, "logging.level": "silent" },
});
process.stdout.write(`${server.url}\n`);
process.once("SIGTERM", () => {
  void server.close().then(() => process.exit(0));
});
