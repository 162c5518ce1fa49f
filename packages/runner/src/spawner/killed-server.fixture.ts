import { once } from "node:events";
import { Spawner } from "./spawner.ts";

/** A server that runs a command, says who runs it, and waits to be killed. Arguments: where, how long. */
const [directory = "", seconds = ""] = process.argv.slice(2);
const spawner = await Spawner.open({ pipesDirectory: directory });
const script = `sleep ${seconds} & setsid sleep ${seconds} & echo $PPID; wait`;
const started = await spawner.start({
  argv: ["sh", "-c", script],
  cwd: "/",
  environment: { PATH: "/usr/bin:/bin" },
  descriptors: ["nothing", "write", "nothing"],
});
const [said] = (await once(started.streams[1], "data")) as [Buffer];
process.stdout.write(said);
await started.exited;
