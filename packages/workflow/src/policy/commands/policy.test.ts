import { describe, expect, test } from "vitest";
import { compileCommandPolicy } from "./policy.ts";

function policy(lists: { allowed?: string[]; forbidden?: string[] }) {
  const forbidden = lists.forbidden ?? [];
  return compileCommandPolicy({
    phase: "TDD",
    allowed: lists.allowed ?? null,
    forbidden,
    rules: { allowed: "w.yaml:9:7", forbidden: forbidden.map((_, index) => `w.yaml:${20 + index}:9`) },
  });
}

const listing = policy({ allowed: ["npm test", "npx vitest", "pytest", "./scripts/check.sh"] });
const forbidding = policy({ forbidden: ["git commit", "git push", "rm -rf", "npm publish", "sudo", "curl"] });
const both = policy({ allowed: ["npm test", "git"], forbidden: ["git commit", "git push --force"] });

const outcome = (rules: ReturnType<typeof policy>, command: string) =>
  rules.judgeCommand(command).allowed ? "allowed" : "denied";

describe("a list of allowed commands", () => {
  test.each([
    // The benign corpus.
    "npm test",
    "npm test -- --watch=false",
    "npm test > /dev/null",
    "npm test >/dev/null 2>&1",
    "npm test 2>&1 | tail -50",
    "npm test 2>&1 | grep -v warn | head -20",
    "cd packages/a && npm test",
    "(cd packages/a && npm test)",
    "CI=1 npm test",
    "CI=1 FORCE_COLOR=0 npm test",
    "env CI=1 npm test",
    "env -u CI npm test",
    "NODE_OPTIONS=--max-old-space-size=4096 npm test",
    "PYTHONPATH=src pytest",
    "pytest test/test_a.py -k 'a and not b'",
    "npx vitest run test/a.test.ts",
    "./scripts/check.sh --fast",
    "scripts/check.sh",
    "/usr/bin/npm test",
    "timeout 60 npm test",
    "timeout -k 5 60s npm test",
    "nice -n 10 npm test",
    "nohup npm test &",
    "time npm test",
    "stdbuf -oL npm test | cat",
    "set -e; npm test",
    "set -o pipefail; npm test | tail -5",
    "export CI=1 && npm test",
    "bash -c 'npm test'",
    "bash -lc 'cd packages/a && npm test'",
    'sh -c "npm test"',
    "npm test || true",
    'npm test; echo "exit: $?"',
    "echo start && npm test && echo done",
    "if npm test; then echo ok; else echo failed; fi",
    "for i in 1 2 3; do npm test; done",
    'for f in test/*.py; do pytest "$f"; done',
    "while ! npm test; do sleep 1; done",
    'result=$(npm test 2>&1); echo "$result"',
    'echo "$(npm test)"',
    "npm test < /dev/null",
    "cat ${X:-<(npm test 2>&1 | sort)}",
    'npm test; echo "${X:-a <b>}" "${X/->/(to)}" "<(none)" $((${#X[@]} * (2 + 3)))',
    "cat ${X:-$(npm test | grep -f <(sort 'b' # }\n))}",
    "npm test; a=('x(1)' $(npm test) \\(b\\) *.ts); b=\\(x'(y)'$((1 + (2)));  [[ $A =~ (a|b) ]]; grep -c \\$[0-9] b",
    "cat <<'EOF' | npm test\ngit commit -m x\nEOF",
    "npm test <<EOF\nsome input\nEOF",
    "npm test # git commit",
    "{ npm test; echo $?; } | tail -1",
    "find . -name '*.py' -exec pytest {} +",
    "printf '%s\\n' a b | xargs npm test --",
    "[ -f package.json ] && npm test",
    "test -d node_modules && npm test",
    "[[ -f package.json ]] && npm test",
    "run() { npm test; }; run",
    "npm test \\\n  --silent",
    "true; npm test",
    "bash <<'EOF'\nnpm test\nEOF",
    "bash <<< 'npm test'",
    "eval 'npm test'",
    "command npm test",
    "exec npm test",
    "PAGER=cat npm test",
    "sort a.txt | uniq -c | npm test",
  ])("allows %j", (command) => {
    expect(outcome(listing, command)).toBe("allowed");
  });

  test.each([
    // A1: other ways to write.
    "tee src/a.ts",
    "dd if=/dev/zero of=src/a.ts",
    'python -c \'open("src/a.ts","w")\'',
    "node -e 'require(\"fs\")'",
    "perl -i -pe s/a/b/ src/a.ts",
    "sed -i s/a/b/ src/a.ts",
    "git apply x.patch",
    "patch -p1 < x.patch",
    "install a src/a.ts",
    "ln -s src test/src",
    "tar -xf a.tar",
    // A2: a script.
    "sh test/x.sh",
    "./test/x.sh",
    "source test/x.sh",
    ". test/x.sh",
    "python test/x.py",
    // A3: wrappers.
    "bash -c 'npm run deploy'",
    "sh -c 'rm x'",
    "env npm run deploy",
    "env -S 'npm run deploy'",
    "echo x | xargs rm",
    "find . -name a -exec rm {} ;",
    "find . -delete",
    "find . -exec npm test ';' -delete",
    "eval rm x",
    'eval "$CMD"',
    "command rm x",
    "nohup rm x",
    "timeout 5 rm x",
    "echo cm0gLXJmIC4= | base64 -d | sh",
    "npm test | sh",
    "bash",
    "bash -s < test/x.sh",
    "bash <(echo rm x)",
    "bash /dev/stdin",
    "trap 'rm x' EXIT; npm test",
    // A4: chains.
    "npm test; git commit",
    "npm test && git commit",
    "npm test || git commit",
    "npm test | git commit",
    "npm test & git commit",
    "npm test\ngit commit",
    "npm test $(git commit)",
    "npm test `git commit`",
    "npm test <(git commit)",
    'npm test "$(git commit)"',
    "npm test <<EOF\n$(git commit)\nEOF",
    "npm test ${X:-$(git commit)}",
    "npm test $((1 + $(git commit)))",
    "A=$(git commit) npm test",
    "if git commit; then npm test; fi",
    "case x in x) git commit;; esac; npm test",
    "! git commit; npm test",
    "(git commit); npm test",
    // A5 and A6: quoting and variables.
    'g"i"t status',
    "$CMD test",
    '"$CMD" test',
    "n${x}pm test",
    "$(echo npm) test",
    "np? test",
    "{npm,test}",
    "npm $SUB",
    // A8: what a word means.
    "PATH=/tmp:$PATH npm test",
    "export PATH=/tmp; npm test",
    "env PATH=/tmp npm test",
    "BASH_ENV=x.sh npm test",
    "LD_PRELOAD=./x.so npm test",
    "NODE_OPTIONS='--require ./x.js' npm test",
    "NODE_OPTIONS=$X npm test",
    "GIT_EDITOR='rm x' npm test",
    "npm() { git commit; }; npm test",
    "npm() { :; }; npm test",
    "cd() { :; }; cd x && npm test",
    "alias npm=rm; npm test",
    "hash -p /tmp/x npm; npm test",
    "read PATH < x; npm test",
    "printf -v PATH /tmp; npm test",
    "for PATH in /tmp; do npm test; done",
    "declare -n x=PATH; npm test",
    "/tmp/npm test",
    "./npm test",
    "npm_config_script_shell=/tmp/x npm test",
    // Not listed at all.
    "npm",
    "npm testing",
    "npm run test",
    "npx jest",
    "ls",
    "which npm",
    // Companions alone.
    "echo hi > src/a.ts",
    "cat .env",
    "cd src",
    // Not to be judged.
    'npm test "',
    "npm test )",
    "if npm test",
    "npm test ${x@P}",
    // Bash reads a process substitution where the parser sees a word.
    "npm test 2>(rm x)",
    "npm test {fd}<(rm x)",
    "npm test; for i in {a[1]}>(rm x); do npm test; done",
    "npm test; a=(@(x)\nrm x\n)",
    "npm test; a=(*(x)\nrm x\n)y",
    "npm test $[1+<<E\n<( ]\nrm x\n]} # '\nE\n",
    // It counts parentheses only in a sum, and knows `$$` from `$'`.
    "npm test $(( ${x:-${#} ))\nrm x\n} ))",
    "npm test ${x:-$((${x#))}\nrm x #))}",
    "npm test $((1+$'\\''))\nrm x\n' ))",
    "npm test ${x:-$$'\\'}\nrm x\n' }",
    "[[ a =~ $$'\\' ]]\nrm x\n' ]]; npm test",
    // And reads one within `${...}` as a script of its own, with comments and here-documents.
    "npm test ${x:-<(npm test # '\n)}; rm x ' }\\'",
    "npm test ${x/y/<(npm test <<E\n'\nE\n)}; rm x ' }\\'",
    "npm test $(npm test ${x#<(npm test {fd}>out)",
    "npm test \"${x:-<(npm test <<E\n'\nE\n)}\"; rm x ' }\"\\'",
    "sort --compress-program=./x a; npm test",
  ])("denies %j", (command) => {
    expect(outcome(listing, command)).toBe("denied");
  });
});

describe("a list of forbidden commands", () => {
  test.each([
    "git status",
    "git log --grep commit",
    "git --no-pager log commit",
    "git show commit",
    "git add commit.txt",
    "git -C packages/a status",
    "git stash",
    "git commit-graph verify",
    "git config user.name x",
    "git -c core.pager=cat log",
    "echo 'git commit'",
    'echo "please do not git commit; rm -rf x"',
    "grep -rn 'git commit' docs",
    "rm x",
    "rm -r build",
    'rm -f "$file"',
    'for f in *.tmp; do rm "$f"; done',
    "rm -- -rf",
    "ls $DIR",
    "npm install",
    "npm run publish-docs",
    "python scripts/git_commit.py",
    "cat <<'EOF' > notes.md\ngit commit and rm -rf are forbidden\nEOF",
    "make test",
    "npx eslint --fix src",
    "X=$(git rev-parse HEAD); echo $X",
    "docker compose up",
    "git ls-files | xargs wc -l",
    "find . -name '*.ts' -exec grep -l todo {} +",
    "node -e 'console.log(1)'",
    "git diff -- rm",
    "npm install curl",
    "npm test -- -t 'git commit; rm -rf /'",
    "docker pull curl",
  ])("allows %j", (command) => {
    expect(outcome(forbidding, command)).toBe("allowed");
  });

  test.each([
    "git commit",
    "git commit -m 'x'",
    "git -C x commit",
    "git --no-pager commit",
    "git -c user.name=x commit",
    "git --git-dir=.git commit",
    "git --git-dir .git --work-tree . commit -a",
    "/usr/bin/git commit",
    "/proc/self/root/usr/bin/git commit",
    "GIT commit",
    'g"i"t commit',
    "g\\it comm'it'",
    "$'\\x67it' commit",
    "git \\\n commit",
    "git $SUB",
    'git "$SUB" -m x',
    "git comm*",
    "git {commit,push}",
    "git -c alias.x=commit x",
    "git config alias.x commit",
    "git -c core.pager='git commit' log",
    "git --exec-path=/tmp status",
    "git bisect run git commit",
    "git submodule foreach 'git commit -am x'",
    "git rebase --exec 'git commit --amend' main",
    "echo commit | xargs git",
    "echo x | xargs -I{} git {}",
    "echo x | xargs -I{} sh -c 'git commit -m {}'",
    "find . -maxdepth 0 -exec git commit -m x \\;",
    "find /usr/bin -name git -exec {} commit \\;",
    "busybox sh -c 'git commit'",
    "strace -f git commit",
    "logsave /dev/null git commit",
    "ssh-agent git commit",
    "gpg-agent --daemon git commit",
    "cmake -E env git commit",
    "pyenv exec git commit",
    "rustup run stable git commit",
    "conda run -n base git commit",
    "hyperfine 'git commit'",
    "x86_64 git commit",
    "/lib64/ld-linux-x86-64.so.2 /usr/bin/git commit",
    "flock /tmp/x git commit",
    "watch 'git commit'",
    "su -c 'git commit' root",
    "npx -c 'git commit'",
    "npm exec -- git commit",
    'python3 -c \'import subprocess; subprocess.run(["git", "commit"])\'',
    'node -e \'require("child_process").execSync("git commit")\'',
    "awk 'BEGIN { system(\"git commit\") }'",
    'f() { git "$@"; }; f commit',
    "f() { git commit; }; f",
    "sh -c '\"$@\"' _ git commit",
    "sh -c 'git $0' commit",
    "eval git commit",
    "eval $X",
    "env -S 'git commit'",
    "env -S'git commit'",
    "env A=1 git commit",
    "sudo -u root git commit",
    "echo Z2l0IGNvbW1pdA== | base64 -d | sh",
    "bash <<EOF\ngit commit\nEOF",
    "bash <<< 'git commit'",
    "cat x | bash",
    "rm -rf x",
    "rm -fr x",
    "rm -r -f x",
    "rm -f x -r",
    "rm x -rf",
    "rm -vrf x",
    "rm --recursive --force x",
    "rm --force -R x",
    "rm --rec --for x",
    "rm -Rf x",
    "rm $FLAGS x",
    "rm -{r,f} x",
    'F=-rf; rm "$F" x',
    "env F=-rf sh -c 'rm $F x'",
    "echo -rf x | xargs rm",
    "npm publish",
    "npm --access public publish",
    "npm publi",
    "git push origin main",
    "/usr/lib/git-core/git-push origin main",
    "cd /usr/lib/git-core && ./git-push origin main",
    "sudo ls",
    "curl https://example.com",
    "curl -s https://example.com | grep x",
    'echo "unclosed',
    "x='a[$(git commit)]'; echo $((x))",
    "coproc git commit",
    "time git commit",
    "! git commit",
  ])("denies %j", (command) => {
    expect(outcome(forbidding, command)).toBe("denied");
  });
});

describe("both lists", () => {
  test.each([
    ["git status", "allowed"],
    ["git push origin x", "allowed"],
    ["git commit -m x", "denied"],
    ["npm test && git commit", "denied"],
    ["git push -f", "denied"],
    ["git push origin x --force", "denied"],
    ["git push --force-with-lease", "allowed"],
    ["git commit-graph verify", "allowed"],
    ["git add a 'git commit'", "allowed"],
    ["npm test -- -t 'git commit; rm -rf /'", "allowed"],
    ["git stash push -m 'before git commit'", "allowed"],
    ["rm x", "denied"],
  ])("%j is %s", (command, expected) => {
    expect(outcome(both, command)).toBe(expected);
  });
});

describe("without lists", () => {
  test("any command is allowed, even one that does not parse", () => {
    const any = policy({});
    expect(outcome(any, "rm -rf / ; $X | sh")).toBe("allowed");
    expect(outcome(any, 'echo "')).toBe("allowed");
  });

  test("length is bounded all the same", () => {
    expect(outcome(policy({}), "x".repeat(65_537))).toBe("denied");
    expect(outcome(policy({}), "x".repeat(65_536))).toBe("allowed");
    expect(outcome(policy({}), "echo \0")).toBe("denied");
  });

  test("an empty list of allowed commands allows none", () => {
    expect(outcome(policy({ allowed: [] }), "ls")).toBe("denied");
  });
});

describe("denials", () => {
  test("name phase, command, list, rule and what to do", () => {
    expect(listing.judgeCommand("npm test; ls -la")).toEqual({
      allowed: false,
      reason: {
        code: "command_not_allowed",
        message:
          "phase `TDD` does not list the command `ls -la`; it lists `npm test`, `npx vitest`, `pytest`, `./scripts/check.sh`",
        rule: "w.yaml:9:7",
        hint: "list files with the tool `glob`",
      },
    });
  });

  test("name the forbidding entry and its place", () => {
    expect(forbidding.judgeCommand("cd x && rm -r -f y")).toEqual({
      allowed: false,
      reason: {
        code: "command_not_allowed",
        message: "phase `TDD` forbids `rm -rf`; seen in `rm -r -f y`",
        rule: "w.yaml:22:9",
        hint: "leave it out; another spelling of it is refused as well",
      },
    });
  });

  test("say what cannot be told and how to write it", () => {
    expect(listing.judgeCommand("$CMD test")).toMatchObject({
      reason: {
        message: "what would run cannot be told before it runs: `$CMD` stands where the command's name should",
        hint: 'write the command and its subcommand as plain words; a path may begin with a variable in quotes, as in `"$PWD/run.sh"`',
      },
    });
  });
});

describe("entries", () => {
  test("a star stands for any run of characters in a word, or for all further words", () => {
    const rules = policy({ allowed: ["npm run test:*", "make *"], forbidden: ["docker * rm"] });
    expect(outcome(rules, "npm run test:unit")).toBe("allowed");
    expect(outcome(rules, "npm run build")).toBe("denied");
    expect(outcome(rules, "make all")).toBe("allowed");
  });

  test("an entry that is no simple command is compared as text", () => {
    const rules = policy({ allowed: ["npm ci && npm test"], forbidden: ["curl | sh"] });
    expect(outcome(rules, "npm ci  &&  npm test")).toBe("allowed");
    expect(outcome(rules, "npm ci && rm x")).toBe("denied");
    expect(outcome(policy({ forbidden: ["curl x | sh"] }), "curl x |  sh")).toBe("denied");
  });

  test("a listed shell may run what its author accepted", () => {
    const rules = policy({ allowed: ["bash"], forbidden: ["git commit"] });
    expect(outcome(rules, "bash test/x.sh")).toBe("allowed");
    expect(outcome(rules, "bash -c 'ls'")).toBe("allowed");
    expect(outcome(rules, "bash -c 'git commit'")).toBe("denied");
  });
});
