import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type Figure, isWithinBar, measureHouse, readHouse } from '../../scripts/house.ts';

const root = join(import.meta.dirname, '..', '..');

function explain({ bar, isFloor, name, places, value }: Figure): string {
	return `${name}: ${value}, bar ${isFloor ? '≥' : '≤'} ${bar}\n${places.join('\n')}`;
}

it.each(measureHouse(readHouse()))('a newcomer finds and reads the right file: $name', (figure) => {
	expect(isWithinBar(figure), explain(figure)).toBe(true);
});

// In a process of its own: what vitest loads is not what Node runs.
it('one request can be followed: it runs through few files', () => {
	const { stdout } = spawnSync(process.execPath, ['scripts/house.ts'], { cwd: root, encoding: 'utf8' });
	const journeys = stdout.split('\n').filter((line) => line.includes('files in which a function runs'));
	expect(journeys).toHaveLength(2);
	expect(journeys.filter((line) => !line.startsWith('ok '))).toEqual([]);
});
