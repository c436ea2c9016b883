import { defineConfig, type ViteUserConfig } from 'vitest/config';

/** The tests that judge a mutant: those beside the source, without servers, processes and files of other modules. */
const config: ViteUserConfig = defineConfig({
	test: {
		setupFiles: ['test/support/catalog-day.ts', 'benchmarks/mutation/setup.ts'],
		include: ['src/**/*.test.ts'],
		// modules are loaded once, not for each of thousands of runs; a mutant is switched on in place
		isolate: false,
		testTimeout: 30_000,
	},
});

export default config;
