#!/usr/bin/env bash
# npm run test:hour [-- --short]: a newcomer's first hour with the packed package, in an empty folder: install, the commands of
# the README and the quick start, the library, the gateway with SDKs and an agent, doctor, uninstall. Every command is shown as
# on a terminal of 80 columns and has to end as it should. The providers are the package's simulator on loopback.
# --short: under the Node that is at hand, without other Nodes, SDKs, TypeScript and the agent; skipped where npm's registry
# cannot be reached.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
isShort=false
[ "${1:-}" = --short ] && isShort=true

# Nothing of the machine's own keys and addresses may reach a provider.
for name in $(compgen -e | grep -E '^(ANTHROPIC|OPENAI|GEMINI|GOOGLE|GROQ|AWS|AZURE|ROUTING)_' || true); do unset "$name"; done
export NPM_CONFIG_AUDIT=false NPM_CONFIG_FUND=false NPM_CONFIG_UPDATE_NOTIFIER=false NPM_CONFIG_LOGLEVEL=error NPM_CONFIG_PROGRESS=false NO_COLOR=1

work=$(mktemp -d)
started=()
stop() { for pid in "${started[@]}"; do kill "$pid" 2>/dev/null || true; done; started=(); }
trap 'stop; rm -rf "$work"' EXIT

title() { printf '\n=== %s\n' "$*"; }
fail() { echo "FAILED: $*" >&2; exit 1; }

# Runs a command as on a terminal of 80 columns, where the machine has `script` of util-linux.
onTerminal() {
	if script --version 2>/dev/null | grep -q util-linux; then
		TERM=xterm-256color script -qefc "stty cols 80 rows 50 2>/dev/null; $1" /dev/null < /dev/null | tr -d '\r'
	else
		bash -c "$1" < /dev/null 2>&1
	fi
}

# Shows a command and what it says; it must end with the expected code.
show() {
	local expected=0 code=0
	case "$1" in [0-9]*) expected=$1; shift ;; esac
	printf '\n$ %s\n' "$1"
	onTerminal "$1" > "$work/said" || code=$?
	cat "$work/said"
	[ "$code" = "$expected" ] || fail "\"$1\" ended with $code instead of $expected"
	[[ "$1" != *switchyard* ]] || ! grep -q 'Warning: SQLite' "$work/said" || fail "\"$1\" begins with a warning of Node"
}

# The last command must have said this.
said() { grep -qE "$1" "$work/said" || fail "nothing like \"$1\" was said"; }

# The fenced blocks of a language in a document, without those marked as not to be run; a command a line.
blocks() {
	awk -v fence="\`\`\`$2" '
		/^```/ { if (inside) inside = 0; else if ($0 == fence && before !~ /^<!-- not run/) inside = 1; else inside = 2; before = ""; next }
		inside == 1 { print }
		{ before = $0 }
	' "$1" | sed -e ':join' -e '/\\$/{N;s/\\\n *//;b join' -e '}' | sed "s#http://127.0.0.1:4141#$gateway#g"
}

# Runs each command of a document. A key that one sets is tried at the simulator.
runDocument() {
	local line
	while IFS= read -r line <&3; do
		case "$line" in
			'') ;;
			*_API_KEY=your-key*) ANTHROPIC_BASE_URL=$simulator show "$line" ;;
			*) show "$line" ;;
		esac
	done 3< <(blocks "$root/$1" bash)
}

# Starts a program that goes on, and sets `address` to the one that it says.
start() {
	local log="$work/started-$RANDOM.log"
	"$@" > "$log" 2>&1 < /dev/null &
	started+=($!)
	for _ in $(seq 100); do
		address=$(grep -oE 'http://127\.0\.0\.1:[0-9]+' "$log" | head -1 || true)
		[ -n "$address" ] && return
		sleep 0.1
	done
	cat "$log" >&2
	fail "$* did not begin to listen"
}

version() { node -p "require('$root/$1')$2"; }

if $isShort && ! npm view yaml version --fetch-retries=0 > /dev/null 2>&1; then
	echo "Skipped: npm's registry cannot be reached."
	exit
fi

title 'The package'
node scripts/prepare.ts
npm pack --ignore-scripts --silent --pack-destination "$work" > /dev/null
tarball=$(echo "$work"/switchyard-router-*.tgz)

# Installs a Node from npm's package of it and gives the folder of its program.
installNode() {
	mkdir -p "$work/node-$1"
	npm install --prefix "$work/node-$1" "node@$1" > /dev/null 2>&1
	echo "$work/node-$1/node_modules/node/bin"
}

hour() {
	local hourStarted=$SECONDS folder="$work/project-$1" global="$work/global-$1"
	title "Node $(node --version)"
	mkdir -p "$folder" && cd "$folder"
	export PATH="$global/bin:$PATH"
	show 'npm init -y > /dev/null && npm pkg set type=module'
	show "npm install $tarball"
	show "npm install --global --prefix $global $tarball"
	show 'switchyard --version'
	show 'switchyard --help'

	cat > simulator.js <<'END'
import { startProviderSimulator } from 'switchyard-router/testing';
const models = process.argv[2] === 'refuse' ? { '*': { schedule: ['401'] } } : {};
const { url } = await startProviderSimulator({ models });
console.log(url);
END
	start node simulator.js && simulator=$address
	start switchyard serve --port 0 && gateway=$address

	title 'The gateway and the README'
	cat > app.js <<'END'
const address = `${process.env.OPENAI_BASE_URL}/chat/completions`;
const body = JSON.stringify({ model: 'auto', messages: [{ role: 'user', content: 'Say hello' }] });
const answer = await fetch(address, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
console.log((await answer.json()).choices[0].message.content);
END
	runDocument README.md
	if ! $isShort; then
		title 'The quick start'
		runDocument docs/guide/quick-start.md
	fi

	title 'The library in JavaScript'
	blocks "$root/README.md" ts > library.js
	show 'node library.js'
	said 'answered by'

	if ! $isShort; then
		title 'The library in TypeScript, and three SDKs'
		local sdk packages=()
		for sdk in typescript @types/node openai @anthropic-ai/sdk @google/genai; do
			packages+=("$sdk@$(version package.json ".devDependencies['$sdk']")")
		done
		show "npm install --save-dev ${packages[*]}"
		blocks "$root/README.md" ts > library.ts
		for sdk in openai anthropic gemini; do blocks "$root/docs/guide/gateway/$sdk-sdk.md" ts > "$sdk.ts"; done
		show 'npx tsc --noEmit --strict --skipLibCheck --target es2023 --module nodenext --types node *.ts'
		show 'node library.ts'
		said 'answered by'
		show "OPENAI_BASE_URL=$gateway/v1 OPENAI_API_KEY=local node openai.ts"
		said 'Simulated answer'
		show "ANTHROPIC_BASE_URL=$gateway ANTHROPIC_API_KEY=local node anthropic.ts"
		said 'Simulated answer'
		show "GOOGLE_GEMINI_BASE_URL=$gateway GEMINI_API_KEY=local node gemini.ts"
		said 'Simulated answer'

		title 'An agent'
		mkdir -p home/.gemini
		echo '{ "security": { "auth": { "selectedType": "gemini-api-key" } }, "privacy": { "usageStatisticsEnabled": false } }' > home/.gemini/settings.json
		show "PATH=$agent:\$PATH HOME=$folder/home GOOGLE_GEMINI_BASE_URL=$gateway GEMINI_API_KEY=local GEMINI_CLI_TRUST_WORKSPACE=true gemini -m auto -p 'Say hello'"
		said 'Simulated answer'
	fi

	title 'doctor without a key, with good keys, with a bad one, and in a shell that is set up for clients'
	show 'switchyard doctor'
	show "OPENAI_API_KEY=sk-good OPENAI_BASE_URL=$simulator/v1 ANTHROPIC_API_KEY=sk-ant-good ANTHROPIC_BASE_URL=$simulator GEMINI_API_KEY=good GEMINI_BASE_URL=$simulator switchyard doctor"
	said 'Nothing is broken'
	start node simulator.js refuse
	show 1 "ANTHROPIC_API_KEY=sk-ant-revoked ANTHROPIC_BASE_URL=$address switchyard doctor"
	said 'was refused \(401\)'
	show 1 'OPENAI_BASE_URL=http://127.0.0.1:4141/v1 OPENAI_API_KEY=local switchyard doctor'
	said 'unset OPENAI_BASE_URL OPENAI_API_KEY'
	show 'switchyard doctor --fix --offline'
	show 'switchyard stats'

	title 'Uninstall'
	stop
	show 'npm uninstall switchyard-router'
	show "npm uninstall --global --prefix $global switchyard-router"
	show 'ls -A'
	[ ! -e node_modules/switchyard-router ] && [ ! -e "$global/bin/switchyard" ] || fail 'something of the package is left'
	[ -e .claude/orchestration/db/routing.db ] || fail 'the ledger went with the package'
	echo "What was recorded is kept in .claude/orchestration. ($((SECONDS - hourStarted)) s)"
	cd "$root"
}

if $isShort; then
	hour here
	exit
fi

agent=$(node --input-type=module -e "import { installClient } from './test/clients/install.ts'; console.log(installClient('gemini-cli'));")/node_modules/.bin
# a subshell has traps of its own: what it started ends with it, also where it fails
(trap stop EXIT && PATH="$(installNode 22.18.0):$PATH" && hour 22)
(trap stop EXIT && PATH="$(installNode 24):$PATH" && hour 24)

title 'Node 20'
export PATH="$(installNode 20):$PATH"
mkdir -p "$work/project-20" && cd "$work/project-20"
npm install "$tarball" > /dev/null 2>&1
show 1 './node_modules/.bin/switchyard route "Fix the login bug"'
[ "$(wc -l < "$work/said")" -le 2 ] || fail 'more than one sentence'
said 'needs Node 22.18 or newer'
