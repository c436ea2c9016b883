import { expect, it } from 'vitest';
import { type Figure, isWithinBar, measureHouse, readHouse } from '../../scripts/house.ts';
import { measureJourneys } from '../../scripts/house-journeys.ts';

const root = new URL('../..', import.meta.url).pathname;

function explain({ bar, isFloor, name, places, value }: Figure): string {
	return `${name}: ${value}, bar ${isFloor ? '≥' : '≤'} ${bar}\n${places.join('\n')}`;
}

it.each(measureHouse(readHouse()))('a newcomer finds and reads the right file: $name', (figure) => {
	expect(isWithinBar(figure), explain(figure)).toBe(true);
});

it('one request can be followed: it runs through few files', async () => {
	const missed = (await measureJourneys(root)).filter((figure) => !isWithinBar(figure));
	expect(missed.map(explain)).toEqual([]);
});
