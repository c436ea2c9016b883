import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { expect, it } from 'vitest';
import { HeldBodies } from './held-bodies.ts';

/** As much of a response as is listened to. */
const response = () => new EventEmitter() as unknown as ServerResponse;

it('bodies of requests under way never take more memory than is meant for them', () => {
	const bodies = new HeldBodies(100);
	const [one, other] = [response(), response()];
	const [takeOne, takeOther] = [bodies.countFor(one), bodies.countFor(other)];
	expect([takeOne(60), takeOther(40), takeOther(1)]).toEqual([true, true, false]);
	one.emit('close');
	expect(bodies.bytes).toBe(40);
	expect([takeOther(60), takeOther(1)]).toEqual([true, false]);
	other.emit('close');
	expect(bodies.bytes).toBe(0);
});

it('bytes that come after their caller has left are counted for nobody', () => {
	const bodies = new HeldBodies(100);
	const gone = response();
	const take = bodies.countFor(gone);
	gone.emit('close');
	take(50);
	expect(bodies.bytes).toBe(0);
});
