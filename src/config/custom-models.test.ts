import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { sampleDefaults, sampleProfile } from '../../test/support/sample-defaults.ts';
import type { ModelProfile } from '../contracts/index.ts';
import { getConfigFilePath } from './config-file.ts';
import { loadConfig } from './load-config.ts';
import type { CustomModelProfile } from './switchyard-config.ts';

let folder = '';
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), 'models-'));
	mkdirSync(join(folder, '.git'));
	mkdirSync(dirname(getConfigFilePath(folder)), { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const modelsOf = (...models: CustomModelProfile[]): ModelProfile[] => {
	writeFileSync(getConfigFilePath(folder), JSON.stringify({ models }));
	return loadConfig({ defaults: sampleDefaults, projectDirectory: folder, environment: {} }).config.models;
};
const { id: _id, ...own } = sampleProfile('mine');

it('a model of one’s own joins the known ones', () => {
	expect(modelsOf(own)).toEqual([...sampleDefaults.router.models, { ...own, id: own.modelId }]);
});

it('one changed field leaves the rest of a known model as it was', () => {
	expect(modelsOf({ name: 'opus', qualityScore: 50 })[0]).toEqual({ ...sampleProfile('opus'), qualityScore: 50 });
});

it('exact rates and costs per 1,000 tokens never contradict each other', () => {
	const pricing = { input: 5_000_000, output: 25_000_000, source: 'contract', asOf: '2026-01-01' };
	expect(modelsOf({ name: 'opus', pricing })[0]).toMatchObject({
		pricing,
		costPer1kInputTokens: 0.005,
		costPer1kOutputTokens: 0.025,
	});
	expect(modelsOf({ name: 'opus', pricing: 'unpriced' })[0]).toMatchObject({ costPer1kInputTokens: Number.NaN });
});

it('an incomplete model says which field is missing, and in which file', () => {
	const { latencyMs: _latency, contextWindow: _window, ...incomplete } = own;
	const file = getConfigFilePath(folder);
	expect(() => modelsOf(incomplete)).toThrow(`${file}: models.mine.latencyMs: `);
	expect(() => modelsOf(incomplete)).toThrow(`${file}: models.mine.contextWindow: `);
});
