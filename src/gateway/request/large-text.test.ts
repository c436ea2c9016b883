import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { encodeText, giveWay, useInSlices } from './body.ts';

const SLICE = 2 * 1024 * 1024;
/** A character of two units stands across the border of the first two slices; half of one ends the text. */
const LONG = `${'x'.repeat(SLICE - 1)}😀${'中é'.repeat(SLICE)}\ud83d`;

it('a long body is sent and hashed as if it were so at once, wherever it is cut', async () => {
	const whole = Buffer.from(LONG);
	expect(whole.equals((await encodeText(LONG)) as Buffer)).toBe(true);
	const [inSlices, atOnce] = [createHash('sha256'), createHash('sha256').update(LONG)];
	await useInSlices(LONG, (slice) => inSlices.update(slice));
	expect(inSlices.digest('hex')).toBe(atOnce.digest('hex'));
	expect(encodeText('short')).toBe('short');
});

it('others get their turn between the slices and steps of a long body, and a short one waits for nobody', async () => {
	let turns = 0;
	const count = () => {
		turns += 1;
		setImmediate(count).unref();
	};
	setImmediate(count).unref();
	await encodeText(LONG);
	const before = turns;
	expect(before).toBeGreaterThan(2);
	await giveWay(LONG);
	expect(turns).toBeGreaterThan(before);
	expect(giveWay('short')).toBeUndefined();
});
