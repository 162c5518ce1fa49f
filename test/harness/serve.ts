import { startServer } from "@phasegate/server";

/** The product in a process of its own. Arguments: repository, data directory, settings as JSON. Prints its address. */
const [repository = "", dataDirectory = "", settings = "{}"] = process.argv.slice(2);
const server = await startServer({
  cwd: repository,
  env: { ...process.env },
  overrides: {
    "server.port": 0,
    "storage.data_dir": dataDirectory,
    "logging.level": "silent",
    ...JSON.parse(settings),
  },
});
process.stdout.write(`${server.url}\n`);
process.once("SIGTERM", () => {
  void server.close().then(() => process.exit(0));
});
