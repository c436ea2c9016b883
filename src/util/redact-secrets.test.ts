import { expect, it } from 'vitest';
import { measureCpuMs } from '../../test/support/cpu-time.ts';
import { redactSecrets } from './redact-secrets.ts';

// Made up; only their shape is real.
const secrets = [
	'sk-ant-api03-AAAAbbbbCCCC_dddd-1234',
	'sk-proj-abcdefgh12345678',
	'AIzaSyA1234567890abcdefghijklmnop',
	'ghp_abcdefghijklmnopqrst1234',
	'AKIAABCDEFGHIJKLMNOP',
	'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abcdefg',
];

it.each(secrets)('a key never stays readable in a log or an error: %s', (secret) => {
	for (const text of [secret, `key=${secret};`, `{"a":"${secret}"}`, `Authorization: Bearer ${secret}`]) {
		expect(redactSecrets(text)).not.toContain(secret.slice(6));
		expect(redactSecrets(text)).toContain('[masked]');
	}
});

it('credentials inside addresses and headers go, the rest of the line stays', () => {
	expect(redactSecrets('GET https://host/v1?alt=sse&key=abc123 failed')).toBe(
		'GET https://host/v1?alt=sse&key=[masked] failed',
	);
	expect(redactSecrets('https://me:hunter22@host/path')).toBe('https://[masked]host/path');
	expect(redactSecrets('authorization: bearer abcdefghijkl, 401')).toBe('authorization: bearer [masked], 401');
	expect(redactSecrets('-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY----- after')).toBe(
		'[masked] after',
	);
});

it('plain words stay as they are', () => {
	const text = 'opus: 529 overloaded_error after 2.5 s; task-classified, risk-free, ask-me-anything-now';
	expect(redactSecrets(text)).toBe(text);
});

it('a megabyte without secrets costs milliseconds, not seconds', () => {
	const cpuMs = measureCpuMs(() => {
		redactSecrets('sk a:b '.repeat(150_000));
		redactSecrets('a'.repeat(1_000_000));
	});
	expect(cpuMs).toBeLessThan(1000);
});
