import { describe, expect, test } from "vitest";
import { compileCommandPolicy } from "./policy.ts";

function outcome(allowed: string[], command: string): string {
  const rules = { allowed: "w.yaml:9:7", forbidden: [] };
  const policy = compileCommandPolicy({ phase: "TDD", allowed, forbidden: [], rules });
  return policy.judgeCommand(command).allowed ? "allowed" : "denied";
}

const listed = ["npm test", "ls", "git diff", "git status"];

describe("a text that the shell evaluates once more", () => {
  test.each([
    "ls; test -v 'a[$(id>&2)]'",
    "ls; [ -v 'a[$(id>&2)]' ]",
    "ls; [ ! -v 'a[`id`]' ]",
    "ls; [ $(echo '-v a[$(id)]') ]",
    "ls; read -r x < f; [ $x -gt 1 ]",
    "ls; printf -v 'a[$(id>&2)]' x",
    "ls; printf '-va[$(id>&2)]' x; printf -v'a[$(id)]' x",
    "ls; builtin printf -v 'a[$(id)]' x",
    "ls; [[ 'a[$(id>&2)]' -eq 1 ]]",
    "ls; [[ 1 -lt 'a[$(id)]' ]]",
    "ls; [[ a == b || ! ( 'a[$(id)]' -ge 1 ) ]]",
    "[[ -v 'a[$(id)]' ]]",
    "let 'a[$(id)]'",
    "let 'i=1' \"a[\\$(id)]\"",
    "mapfile -C id -c 1 <<< x",
    "mapfile -tC id -c 1 <<< x",
    "ls; readarray -C 'id;:' -c 1 <<< x",
    "ls; readarray -Cid -c 1 <<< x",
    "ls; mapfile 'a[$(id)]' <<< x",
    "ls; read 'a[$(id)]' <<< x",
    "ls; read -r -p hi 'a[$(id)]' <<< x",
    "ls; getopts ab 'a[$(id)]'",
    "ls; unset 'a[$(id)]'",
    "ls; wait -p 'a[$(id)]'",
    "ls; declare 'a[$(id)]=1'",
    "ls; declare -i x='a[$(id)]'",
    "ls; declare -i x; read -r x < f",
    "ls; typeset -i 'x=b[$(id)]'",
    "ls; export 'a[$(id)]=1'",
    "ls; readonly 'a[$(id)]=1'",
    "ls; declare -a 'a=($(id))'",
    "ls; export $(cat .env)",
    "ls; a['$(id)']=1",
    "ls; a=(['$(id)']=1)",
    "ls; echo ${a['$(id)']}",
    "ls; echo ${x:'a[$(id)]':1}",
    "ls; read -r x < f; echo ${x:$x}",
    "ls; read -r x < f; echo ${!x}",
    "ls; echo ${!1}",
    "ls; echo ${x@P}",
    "ls; (( a['$(id)'] ))",
    "ls; echo $(( a['$(id)'] ))",
    "ls; echo $(( $(cat f) + 1 ))",
    "ls; echo $[ $(cat f) ]",
    "ls; for (( i = a['$(id)']; i < 2; i++ )); do ls; done",
    "ls; read -r x < f; (( x ))",
    "ls; read -r x < f; y=$x; echo $((y + 1))",
    "ls; read -r x < f; y=x; ((y))",
    "ls; x=$(cat f); [[ $x -eq 1 ]]",
    "ls; x=$(cat f); let x++",
    "ls; mapfile x < f; (( x ))",
    "ls; for x in 'b[$(id)]'; do (( x )); done",
    "ls; for x in *; do (( x )); done",
    "ls; printf -v x '%s' 'b[$(id)]'; (( x ))",
    "ls; printf -v x '\\x62[\\x24(id)]'; (( x ))",
    "ls; : ${x:='b[$(id)]'}; (( x ))",
    "ls; x='b[$'; x+='(id)]'; (( x ))",
    "ls; export 'x=b[$(id)]'; bash -c '(( x ))'",
    "ls; eval \"x='b[\\$(id)]'\"; (( x ))",
    "ls; set -- 'b[$(id)]'; (( $1 ))",
    "bash -c '(( $1 ))' _ 'b[$(id)]'",
    "ls; : 'b[$(id)]'; (( _ ))",
    "ls; exec {a['$(id)']}>f",
    'ls; read -r o < f; declare -"$o" x=1',
    "ls; wait -np 'a[$(id)]'",
    "ls; x=$'b[\\x24(id)]'; (( x ))",
    "ls; read -r x < f; declare -i y; y=$x",
    "ls; [[ $(cat f) -eq 1 ]]",
    'ls; read -r x < f; test -v "$x"',
    "ls; read -r x < f; [[ -v a[$x] ]]",
    "ls; read -ra x < f; (( x[0] ))",
    "ls; a=($(cat f)); (( a ))",
    "ls; (( $(< f) ))",
    "cat f | { read -r x; (( x )); }; ls",
    "ls; while read -r x; do [[ $x -gt 1 ]]; done < f",
    'ls; printf -v x %s "$(cat f)"; (( x ))',
    "ls; x=$(ls 'b[$(id)]' | wc -l 2>&1); (( x ))",
    'ls; mapfile -c1 -C"$x" < f',
    "ls; select x in a; do (( REPLY )); done",
    "ls; trap 'id' EXIT",
    "ls; trap -- 'id' EXIT",
    "ls; PS4='$(id)'; set -x; ls",
    "ls; coproc id",
    "ls; coproc X { id; }",
    "ls; complete -C id ls",
    "ls; compgen -W '$(id)'",
    "ls; bind -x '\"a\": id'",
    "ls; enable -f ./x.so x",
    "ls; hash -p /usr/bin/id ls; ls",
    "ls; source x.sh",
  ])("is denied in %j", (command) => {
    expect(outcome(listed, command)).toBe("denied");
  });

  test("is denied where commands are only forbidden", () => {
    const rules = { allowed: "w.yaml:9:7", forbidden: ["w.yaml:20:9"] } as const;
    const policy = compileCommandPolicy({ phase: "TDD", allowed: null, forbidden: ["git commit"], rules });
    expect(policy.judgeCommand("[[ -v 'a[$(git commit)]' ]]")).toMatchObject({ allowed: false });
    expect(policy.judgeCommand("trap -- 'git commit' EXIT")).toMatchObject({ allowed: false });
    expect(policy.judgeCommand("n=$(grep -c x f); [[ $n -eq 1 ]] && make")).toEqual({ allowed: true });
  });

  test.each([
    "[ -v NAME ] && npm test",
    "[[ -v NAME ]] && npm test",
    "[[ $n -eq 1 ]] && npm test",
    "n=3; [[ $n -eq 3 ]] && npm test",
    "npm test; [ $? -eq 0 ] && ls",
    "npm test; code=$?; [ $code -ne 0 ] && ls; exit $code",
    "npm test; code=$?; if (( code != 0 )); then ls; fi",
    'out=$(npm test 2>&1); [ -n "$out" ] && echo "$out"',
    'out=$(npm test 2>&1); printf "%s\\n" "$out"',
    "n=$(npm test 2>&1 | grep -c fail); [[ $n -gt 0 ]] && ls",
    "n=$(ls | wc -l); echo $((n + 1))",
    'n=$(cat f | head -1); [ "$n" -eq 1 ] && ls',
    "[ $(git status --porcelain | wc -l) -gt 0 ] && ls",
    "printf -v name %s x; npm test",
    "printf '%s\\n' 'a[$(id)]'; ls",
    "echo 'a[$(id)]'; ls",
    "grep 'a[$(]' f; ls",
    "for i in 1 2 3; do npm test; done",
    "for i in {1..3}; do echo $((i + 1)); npm test; done",
    "for ((i = 0; i < 3; i++)); do npm test; done",
    "i=0; while [ $i -lt 3 ]; do npm test; i=$((i + 1)); done",
    "i=0; let i++; let i=i+1; ((i += 2)); ls",
    "declare -i n=3; ls",
    'files=(a.js b.js); for i in "${!files[@]}"; do ls "${files[$i]}"; done',
    'files=(a.js b.js); echo "${files[0]} ${#files[@]} ${files[@]:1}"; ls',
    'read -r line < f; echo "$line"; ls',
    'ls | while read -r f; do echo "${f%.js}"; done',
    'mapfile -t files < <(ls); echo "${files[0]}"; ls',
    "unset NAME; npm test",
    'export NAME="$(cat f)"; npm test',
    "x=HOME; echo ${!x}; ls",
    's=$(git status); echo "${s:0:100}"',
    "trap 'echo done' EXIT; npm test",
    "npm test & wait $!",
    "[ -f package.json ] && [ ! -d out ] && npm test",
    '[ "$CI" = 1 ] || npm test',
    "[[ $x =~ ^[0-9]+$ ]] && ls",
    'ls | while IFS= read -r f; do echo "$f"; done',
    "IFS=, read -ra parts <<< a,b; ls",
  ])("is no obstacle in %j", (command) => {
    expect(outcome(listed, command)).toBe("allowed");
  });
});

describe("what makes a listed program run another one", () => {
  test.each([
    "npm test --script-shell=/usr/bin/id",
    "npm test --script-shell /usr/bin/id",
    "npm test --script-sh=/usr/bin/id",
    "npm test -script-shell /usr/bin/id",
    "npm test '--script-'shell=/usr/bin/id",
    'npm test "--script-shell=$X"',
    'S=--script-shell=/usr/bin/id; npm test "$S"',
    "npm test $S",
    "npm test --node-options='--require ./x.js'",
    "npm test --userconfig=x",
    "npm_config_script_shell=/usr/bin/id npm test",
    "NPM_CONFIG_SCRIPT_SHELL=/usr/bin/id npm test",
    "export npm_config_script_shell=/usr/bin/id; npm test",
    "env npm_config_node_options=--require=./x.js npm test",
    "npm_config_userconfig=x npm test",
    "NODE_OPTIONS='--import ./x.js' npm test",
    "git diff --ext-diff",
    "git diff --ext-d",
    "git diff --textconv",
    "git -c core.pager=id diff",
    "git -c alias.diff='!id' diff",
    "git --exec-path=. diff",
    "git --git-dir=x diff",
    "git --work-tree=/ diff",
    "git -C .. diff",
    "git -C /etc diff",
    'git -C "$X" diff',
    "git --no-pager log",
    "git -p diff",
    "GIT_EXTERNAL_DIFF=id git diff",
    "GIT_PAGER=id git diff",
    "PAGER=id git diff",
    "GIT_SSH_COMMAND=id git diff",
    "GIT_DIR=x git diff",
    "GIT_CONFIG_COUNT=1 git diff",
    "HOME=. git diff",
    "XDG_CONFIG_HOME=. git diff",
    "EDITOR=id git status",
    "PROMPT_COMMAND=id; ls",
    "set -a; : ${GIT_EXTERNAL_DIFF:=id}; git diff",
    "printf -vPATH /tmp; npm test",
    "printf -v 'PATH[0]' /tmp; npm test",
    "BASH_ENV=x npm test",
    "ENV=x npm test",
    "LD_PRELOAD=./x.so ls",
    "PYTHONSTARTUP=x npm test",
    "PERL5OPT=-Mx npm test",
    "RUBYOPT=-rx npm test",
  ])("is denied in %j", (command) => {
    expect(outcome(listed, command)).toBe("denied");
  });

  test.each([
    "git --no-pager diff",
    "git -P diff --stat",
    "git --no-optional-locks status --short",
    "git --literal-pathspecs diff -- a.ts",
    "git -C packages/a diff",
    "git --no-pager -C packages/a diff HEAD",
    "git diff --exit-code --text --no-ext-diff",
    "GIT_PAGER=cat git diff",
    "GIT_PAGER= git diff",
    "GIT_OPTIONAL_LOCKS=0 git status",
    "CI=1 npm test",
    "NODE_ENV=test npm test",
    "FORCE_COLOR=0 npm test",
    "npm_config_loglevel=error npm test",
    "npm test --silent",
    "npm test --workspace=packages/a",
    "npm test -- --script-shell=x",
    'for f in test/a.js test/b.js; do npm test "$f"; done',
  ])("is no obstacle in %j", (command) => {
    expect(outcome(listed, command)).toBe("allowed");
  });

  test("an entry that names the option accepts it", () => {
    expect(outcome(["git diff --ext-diff"], "git diff --ext-diff")).toBe("allowed");
    expect(outcome(["git bisect run npm test"], "git bisect run npm test")).toBe("allowed");
  });

  test.each([
    [["git"], "git bisect run id"],
    [["git"], "git submodule foreach id"],
    [["git"], "git rebase -x id main"],
    [["git"], "git grep -Oid x"],
    [["sort"], "sort --compress-program=id x"],
    [["tar"], "tar -cf x.tar --checkpoint-action=exec=id ."],
    [["make"], "make SHELL=/usr/bin/id"],
    [["make"], "make --eval='x:;id'"],
    [["go test"], "go test -exec id ./..."],
    [["rg"], "rg --pre id x"],
  ])("%j does not list %j", (allowed, command) => {
    expect(outcome(allowed, command)).toBe("denied");
  });
});

describe("what a listed wrapper runs", () => {
  test.each([
    [["find"], "find . -exec id \\;", "denied"],
    [["find"], "find . -execdir sh -c id \\;", "denied"],
    [["find *"], "find . -exec id \\;", "denied"],
    [["xargs"], "echo x | xargs id", "denied"],
    [["env"], "env id", "denied"],
    [["env"], "env -S 'id'", "denied"],
    [["timeout"], "timeout 5 id", "denied"],
    [["timeout 60 npm test"], "timeout 60 npm test", "allowed"],
    [["find . -exec wc"], "find . -exec wc -l {} +", "allowed"],
    [["find"], "find . -name '*.ts'", "allowed"],
    [["find"], "find . -name '*.ts' -exec grep -l todo {} +", "allowed"],
    [["find", "ls"], "find . -exec ls {} \\;", "allowed"],
    [["find"], "find . -name x -delete", "allowed"],
    [["xargs", "ls"], "echo x | xargs ls", "allowed"],
  ])("with %j, %j is %s", (allowed, command, expected) => {
    expect(outcome(allowed, command)).toBe(expected);
  });
});
