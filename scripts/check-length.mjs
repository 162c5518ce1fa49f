// No source file is longer than 500 lines; there is no list of exceptions.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { root } from "./bootstrap/paths.mjs";

const longest = 500;
const source = /\.(ts|tsx|mts|mjs|js|css|html|sh)$/;

const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "-z"], { cwd: root })
  .toString()
  .split("\0")
  .filter((file) => source.test(file) && existsSync(`${root}/${file}`));
const tooLong = files
  .map((file) => ({ file, lines: readFileSync(`${root}/${file}`, "utf8").split("\n").length - 1 }))
  .filter(({ lines }) => lines > longest);
for (const { file, lines } of tooLong) console.error(`${file}: ${lines} lines; at most ${longest}. Split it by idea.`);
process.exitCode = tooLong.length === 0 ? 0 : 1;
