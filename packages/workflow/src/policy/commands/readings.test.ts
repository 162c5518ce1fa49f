import { describe, expect, test } from "vitest";
import { compileCommandPolicy } from "./policy.ts";

function outcome(lists: { allowed: string[] | null; forbidden: string[] }, command: string): string {
  const rules = { allowed: "w.yaml:9:7", forbidden: lists.forbidden.map(() => "w.yaml:20:9") };
  return compileCommandPolicy({ phase: "IMPL", ...lists, rules }).judgeCommand(command).allowed ? "allowed" : "denied";
}

const listing = { allowed: ["npm test", "ls"], forbidden: [] };
const forbidding = { allowed: null, forbidden: ["git push", "curl"] };

describe("a program that a variable names", () => {
  test.each([
    // Each with its twin: the same, where the value is another or not certain.
    ["c=ls; $c -l", "c=id; $c -l"],
    ["c=ls; $c", "c=ls; c=id; $c"],
    ["c=ls; $c src", "false && c=ls; $c id"],
    ["c=ls; (c=ls; $c)", "c=ls; (c=id; $c)"],
    ["c=ls; c=ls; $c", "c=ls; eval 'c=id'; $c"],
    ["c=ls; $c", "c=ls; trap 'c=id' DEBUG; $c"],
    ["c=ls; x=1; $c", "c=ls; read -r c < f; $c"],
    ["c='npm test'; $c", "c='npm test'; IFS=m; $c"],
    ['c=(npm test); c+=(-- --run); "${c[@]}"', 'c=(npm); c+=(test); "${c[@]}"'],
    ['c=(ls); "${c[@]}" src', '"${c[@]}" id; ls'],
    ['for c in ls "npm test"; do $c; done', "for c in ls id; do $c; done"],
    ['"$(command -v ls)" src', '"$(command -v id)"; ls'],
    ['"$(command -v ls)" src', "$(command -v ls) id"],
    ["${X:-ls} src", "${SHELL:-ls} -c id"],
    ["c=ls; [ -x $c ] || c='npm test'; $c", "c=ls; [ -v 'a[c=5]' ]; $c"],
    ["c=3; ls", "c=ls; ((c = 5)); $c"],
  ])("is judged by each value that it may have: %j, and not %j", (allowed, denied) => {
    expect(outcome(listing, allowed)).toBe("allowed");
    expect(outcome(listing, denied)).toBe("denied");
  });

  test("is known by its name at the end of a path, which forbids and does not allow", () => {
    expect(outcome(forbidding, '"$HOME/bin/uv" run')).toBe("allowed");
    expect(outcome(forbidding, '"$HOME/bin/curl" x')).toBe("denied");
    expect(outcome(forbidding, '"$x"/git push')).toBe("denied");
    expect(outcome(forbidding, "$x/uv run")).toBe("denied");
    expect(outcome(listing, '"$HOME/bin/ls"')).toBe("denied");
  });
});

describe("what a function is called with", () => {
  test.each([
    ['run() { "$@"; }; run npm test; run ls', 'run() { "$@"; }; run npm test; run id'],
    ['run() { "$@"; }; run ls', "run() { \"$@\"; }; run ls; eval 'run id'"],
    ['run() { timeout 60 "$@"; }; run ls', "run() { timeout 60 \"$@\"; }; run ls; trap 'run id' EXIT"],
    ['run() { local n=$1; shift; "$@"; }; run x ls', 'run() { local n=$1; shift; "$@"; }; run ls id'],
    ['run() { shift; "$@"; }; run x ls', 'run() { builtin shift; "$@"; }; run ls id'],
    ['run() { shift 2; "$@"; }; run x y ls', 'run() { shift 9; "$@"; }; run id; ls'],
    ['run() { "$1" src; }; run ls', 'run() { set -- id; "$1"; }; run ls'],
    ['run() { "$@"; }; for d in a b; do run ls "$d"; done', 'run() { "$@"; }; run $x; ls'],
  ])("is judged in each call: %j, and not %j", (allowed, denied) => {
    expect(outcome(listing, allowed)).toBe("allowed");
    expect(outcome(listing, denied)).toBe("denied");
  });
});

describe("a file that a variable names", () => {
  test.each([
    ['f=out.txt; ls > "$f"', 'f=.git/config; ls > "$f"'],
    ['for f in a b; do ls > "$f"; done', 'for f in a .git/config; do ls > "$f"; done'],
    ['read -r f < names; ls > "$f.txt"', 'read -r f < names; ls > "$f"'],
    ["ls > /tmp/out.$$", 'd=.git; ls > "$d/config"'],
    ["ls 2> >(cat)", 'ls > "$(cat name)"'],
    ['ls | sort -o "$f.txt"', 'ls | sort -o "$f"'],
  ])("is judged by each name that it may have: %j, and not %j", (allowed, denied) => {
    expect(outcome(listing, allowed)).toBe("allowed");
    expect(outcome(listing, denied)).toBe("denied");
  });

  test("may be any where commands are only forbidden, since the tree is what holds", () => {
    expect(outcome(forbidding, 'f=$(mktemp); ls > "$f"')).toBe("allowed");
    expect(outcome(forbidding, 'f=.git/config; ls > "$f"')).toBe("denied");
  });
});

describe("a forbidden program behind another", () => {
  test.each([
    ["tar -I zstd -xf a.tar", "tar -I 'curl x' -xf a.tar"],
    ["rsync -e 'ssh -p 22' a b:", "rsync -e 'curl x' a b:"],
    ['rsync -e "ssh -p $PORT" a b:', 'rsync -e "$RSH" a b:'],
    ["ssh -o BatchMode=yes host ls", "ssh -o ProxyCommand='curl x' host"],
    ["make SHELL=/bin/bash test", "make SHELL='curl x' test"],
    ["make -f - <<< $'all:\\n\\tls'", "make -f - <<< $'all:\\n\\tcurl x'"],
    ["crontab -l", "crontab - <<< '* * * * * curl x'"],
    ["at now <<< 'npm test'", "at now <<< 'git push'"],
    ["less +/curl log", "less '+!curl x' log"],
    ["gcc -wrapper valgrind,-q a.c", "gcc -wrapper git,push a.c"],
    ["git rebase --exec='npm test' main", "git rebase --exec='git push' main"],
    ["npm config set fund false", "npm config set script-shell /usr/bin/curl"],
    ["socat - TCP:localhost:3000", "socat - EXEC:'curl x'"],
    ["sed 's/e/curl/g' f", "sed 's/x/curl x/e' f"],
    ["fd -x git status", "fd -x git push"],
    ["PATH=$PATH:/opt/bin tool", "PATH=$PATH:/opt/bin curl x"],
    ["ENV=test npm start", "ENV=./x.sh npm start"],
  ])("is found where the other runs it: %j, and not %j", (allowed, denied) => {
    expect(outcome(forbidding, allowed)).toBe("allowed");
    expect(outcome(forbidding, denied)).toBe("denied");
  });
});

test("`kill` of a listed line's own jobs is no command of its own", () => {
  expect(outcome(listing, "npm test & kill $!")).toBe("allowed");
  expect(outcome(listing, 'npm test & pid=$!; kill -TERM "$pid"')).toBe("allowed");
  expect(outcome(listing, "npm test; kill 1")).toBe("denied");
  expect(outcome(listing, "pid=1; kill $pid; npm test")).toBe("denied");
  expect(outcome(listing, "kill -9 -1; npm test")).toBe("denied");
});

test("ways to read one line are bounded, and past them it is denied", () => {
  const many = Array.from({ length: 70 }, (_, index) => `c=ls; c=l${index}`).join("; ");
  expect(outcome(forbidding, `${many}; $c`)).toBe("denied");
  const wide = Array.from({ length: 12 }, (_, index) => `a${index}=x; a${index}=y`).join("; ");
  const words = Array.from({ length: 12 }, (_, index) => `$a${index}`).join(" ");
  expect(outcome(forbidding, `${wide}; p=curl; $p ${words}`)).toBe("denied");
});
