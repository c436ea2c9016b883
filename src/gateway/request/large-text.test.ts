import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { JsonText } from '../../protocol/index.ts';
import { giveWay, useInSlices } from './body.ts';

const SLICE = 2 * 1024 * 1024;
/** A character stands across the border of the first two slices. */
const LONG = `${'x'.repeat(SLICE - 1)}😀${'中é'.repeat(SLICE)}`;

it('a long body is hashed as if it were so at once, wherever it is cut', async () => {
	const text = JsonText.from(LONG);
	expect(text.length).toBe(Buffer.byteLength(LONG));
	expect(text.characters).toBe(LONG.length);
	const [inSlices, atOnce] = [createHash('sha256'), createHash('sha256').update(LONG)];
	await useInSlices(text.bytes, (slice) => inSlices.update(slice));
	expect(inSlices.digest('hex')).toBe(atOnce.digest('hex'));
});

it('others get their turn between the slices and steps of a long body, and a short one waits for nobody', async () => {
	let turns = 0;
	const count = () => {
		turns += 1;
		setImmediate(count).unref();
	};
	setImmediate(count).unref();
	await useInSlices(JsonText.from(LONG).bytes, () => {});
	const before = turns;
	expect(before).toBeGreaterThan(2);
	await giveWay(LONG);
	expect(turns).toBeGreaterThan(before);
	expect(giveWay('short')).toBeUndefined();
});
