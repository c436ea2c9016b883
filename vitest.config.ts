import { defineConfig, type ViteUserConfig } from 'vitest/config';

const unit = ['src/**/*.test.ts'];
const setupFiles = ['test/support/catalog-day.ts'];

const config: ViteUserConfig = defineConfig({
	test: {
		projects: [
			{
				test: {
					name: 'unit',
					setupFiles,
					include: unit,
				},
			},
			{
				test: {
					name: 'contract',
					setupFiles,
					include: ['test/contract/**/*.test.ts', 'test/architecture/**/*.test.ts', 'test/docs/**/*.test.ts'],
					testTimeout: 30_000,
				},
			},
			{
				test: {
					name: 'e2e',
					setupFiles,
					include: ['test/e2e/**/*.test.ts', 'test/package/**/*.test.ts'],
					testTimeout: 120_000,
					hookTimeout: 60_000,
				},
			},
			{
				test: {
					name: 'types',
					include: [],
					typecheck: { enabled: true, only: true, include: ['src/**/*.test-d.ts', 'test/**/*.test-d.ts'] },
				},
			},
		],
	},
});

export default config;
