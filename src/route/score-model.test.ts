import { expect, it } from 'vitest';
import { DEFAULT_MODEL_PROFILES } from '../catalog/index.ts';
import { predictQuality } from './score-model.ts';

it('lets one bad rating among a hundred unrated answers weigh as one', () => {
	const [profile] = DEFAULT_MODEL_PROFILES;
	if (profile === undefined) throw new Error('the catalog is empty');
	const history = { score: 60, sampleSize: 101, judgedSampleSize: 1, meanQuality: 20 };
	const { value } = predictQuality(profile, 'debugging', { quality: 90, history });
	expect(value).toBeCloseTo((10 * 90 + 20) / 11, 5);
});
