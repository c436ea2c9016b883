#!/usr/bin/env node

// The first file that runs, on whatever Node there is: nothing is imported before the version is known to do, and no
// syntax is used that an older Node cannot parse.
const MINIMUM_NODE = [22, 18];

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
const [minimumMajor = 0, minimumMinor = 0] = MINIMUM_NODE;
if (major < minimumMajor || (major === minimumMajor && minor < minimumMinor)) {
	process.stderr.write(
		`switchyard needs Node ${MINIMUM_NODE.join('.')} or newer, and this is ${process.version}: install a newer one, e.g. from https://nodejs.org.\n`,
	);
	process.exitCode = 1;
} else {
	// Node 22 says at every start that its SQLite is experimental. This command is tested with it.
	const emitWarning = process.emitWarning as (...given: unknown[]) => void;
	process.emitWarning = (...given: unknown[]) => {
		if (!/^SQLite is an experimental feature/.test(String(given[0]))) emitWarning.apply(process, given);
	};
	// Compiled code is kept between runs (under the system's temporary folder): a command starts in half the time.
	void import('node:module')
		.then(({ enableCompileCache }) => enableCompileCache())
		.then(() => import('./run-command-line.ts'))
		.then(({ runCommandLine }) => runCommandLine());
}
