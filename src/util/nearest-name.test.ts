import { expect, it } from 'vitest';
import { nearestName } from './nearest-name.ts';

it('understands the commonest slips, and does not guess wildly', () => {
	expect(nearestName('opsu', ['opus', 'sonnet'])).toBe('opus');
	expect(nearestName('SONET', ['opus', 'sonnet'])).toBe('sonnet');
	expect(nearestName('wieghts', ['weights', 'models'])).toBe('weights');
	expect(nearestName('llama', ['opus', 'sonnet'])).toBeNull();
});
