import { expect, it } from 'vitest';
import { rejectOwnAddress } from './guard-request.ts';

const gateway = { host: '127.0.0.1', port: 4141 };
const check = (baseUrl: string) => () => rejectOwnAddress([{ id: 'openai', baseUrl }], gateway);

it('a gateway that would call itself does not start, for it would spend the budget on nothing', () => {
	for (const own of ['http://127.0.0.1:4141/v1', 'http://localhost:4141', 'http://[::1]:4141/v1']) {
		expect(check(own), own).toThrow(/openai.*where the gateway itself would listen.*clients only/s);
	}
	for (const other of ['http://127.0.0.1:11434/v1', 'https://api.openai.com/v1', 'http://10.0.0.7:4141', 'nonsense']) {
		expect(check(other), other).not.toThrow();
	}
	expect(() => rejectOwnAddress([{ id: 'openai' }], gateway)).not.toThrow();
});
