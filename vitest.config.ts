import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { defineConfig, type ViteUserConfig } from 'vitest/config';

// Tests start hundreds of processes, and each file of the other projects is one: what Node has compiled serves the next.
process.env['NODE_COMPILE_CACHE'] ??= join(import.meta.dirname, 'node_modules', '.cache', 'switchyard-compiled');

const unit = ['src/**/*.test.ts'];
/** Of every project: a test in which nothing was asserted fails. */
const shared = { setupFiles: ['test/support/catalog-day.ts'], expect: { requireAssertions: true } };

const config: ViteUserConfig = defineConfig({
	test: {
		// one more than there are cores, for many tests wait; the default leaves a core idle, half of a machine with two
		maxWorkers: availableParallelism() + 1,
		projects: [
			{
				test: {
					name: 'unit',
					...shared,
					include: unit,
					// Pure functions and ports of their own: one module graph serves all files, in a third of the time.
					isolate: false,
					// a busy machine takes long for what is short
					testTimeout: 30_000,
				},
			},
			{
				test: {
					name: 'contract',
					...shared,
					include: ['test/contract/**/*.test.ts', 'test/architecture/**/*.test.ts', 'test/docs/**/*.test.ts'],
					testTimeout: 30_000,
				},
			},
			{
				test: {
					name: 'e2e',
					...shared,
					include: ['test/e2e/**/*.test.ts', 'test/package/**/*.test.ts'],
					// A test has folders, ports and environments of its own; loading all modules for each file took half of its time.
					isolate: false,
					testTimeout: 120_000,
					hookTimeout: 60_000,
				},
			},
		],
	},
});

export default config;
