// Behind `npm test`, `npm start` and `npm run demo`. Without dependencies, and in syntax that old versions can parse,
// so that a machine that is too old gets a sentence instead of a stack trace.
import process from "process";

const oldest = 20;

if (Number(process.versions.node.split(".")[0]) < oldest) {
  console.error(
    "phasegate: this is Node " +
      process.versions.node +
      "; Node " +
      oldest +
      " or newer is needed to set things up.\n" +
      "           Install it (https://nodejs.org) and run the same command again.",
  );
  process.exit(1);
} else {
  void import("./bootstrap/main.mjs");
}
