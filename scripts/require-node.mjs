// Loaded before scripts in TypeScript, which an older Node refuses with a stack trace.
if (process.features.typescript === undefined || process.features.typescript === false) {
	process.stderr.write(
		`This is Node ${process.versions.node}, which cannot run the project's scripts: run \`npm ci\` first, which brings the Node they need.\n`,
	);
	process.exit(1);
}
