import { expect, it } from 'vitest';
import { readCallerToken } from './index.ts';

const OWN = `sk-sy-0123456789ab-${'A'.repeat(43)}`;
const OTHER = `sk-sy-0123456789ab-${'B'.repeat(43)}`;

it('every client’s way of sending its key is read', () => {
	expect(readCallerToken({ authorization: `Bearer ${OWN}` })).toBe(OWN);
	expect(readCallerToken({ authorization: `bearer   ${OWN} ` })).toBe(OWN);
	for (const name of ['x-api-key', 'x-goog-api-key', 'api-key']) expect(readCallerToken({ [name]: OWN })).toBe(OWN);
	expect(readCallerToken({}, `?alt=sse&key=${OWN}`)).toBe(OWN);
	expect(readCallerToken({}, '?monkey=1')).toBeNull();
	expect(readCallerToken({ authorization: 'Basic abc', 'x-api-key': '' })).toBeNull();
});

it('of a provider’s key and a key of this gateway the latter counts, wherever it stands', () => {
	expect(readCallerToken({ authorization: 'Bearer sk-ant-oat01-xyz', 'x-api-key': OWN })).toBe(OWN);
	expect(readCallerToken({ authorization: `Bearer ${OWN}`, 'x-api-key': OWN }, `?key=${OWN}`)).toBe(OWN);
	expect(readCallerToken({ 'x-api-key': 'sk-ant-1' })).toBe('sk-ant-1');
});

it('two different keys of this gateway are refused: a proxy may have checked the other one', () => {
	const refusal = expect.objectContaining({ code: 'ROUTER_UNAUTHORIZED' });
	expect(() => readCallerToken({ authorization: `Bearer ${OWN}`, 'api-key': OTHER })).toThrow(refusal);
	expect(() => readCallerToken({ 'x-api-key': OWN }, `?key=${OTHER}`)).toThrow(refusal);
	expect(() => readCallerToken({}, `?key=${OWN}&key=${OTHER}`)).toThrow(refusal);
});
