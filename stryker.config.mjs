// Mutation testing: `npm run mutate`. CONTRIBUTING.md says when to run it, benchmarks/mutation/run.ts what it writes.

const config = {
	testRunner: 'vitest',
	vitest: { configFile: 'benchmarks/mutation/vitest.config.ts' },
	coverageAnalysis: 'perTest',
	incremental: true,
	incrementalFile: '.stryker/incremental.json',
	tempDirName: '.stryker/tmp',
	ignorePatterns: ['/dist', '/.stryker', '/.changeset', '/deploy', '/benchmarks/results'],
	reporters: ['progress-append-only', 'clear-text', 'json'],
	clearTextReporter: { reportTests: false, reportScoreTable: false, allowColor: false },
	jsonReporter: { fileName: '.stryker/report.json' },
	// the tests of one mutant end in seconds; the rest is for a loaded machine
	timeoutMS: 10_000,
	concurrency: 1,
	checkers: [],
};

export default config;
