import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ADMIN_ROUTES } from '../../src/gateway/admin/admin-api.ts';
import { STATUS_BY_CODE } from '../../src/gateway/errors/index.ts';
import { UNSERVED_APIS } from '../../src/gateway/errors/unknown-route.ts';
import { GATEWAY_KEY_HEADER } from '../../src/gateway/keys/key-ring.ts';
import { ROUTING_HINT_HEADERS } from '../../src/gateway/request/routing-hints.ts';
import { matchRoute, ROUTES } from '../../src/gateway/routes.ts';

const root = join(import.meta.dirname, '..', '..');
const page = readFileSync(join(root, 'docs/reference/http-api.md'), 'utf8');

function rows(heading: string): Array<[string, string]> {
	const text = page.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
	return [...text.matchAll(/^\| `([^`]+)` \| ([^|]+) \|/gm)].map((row) => [row[1] ?? '', row[2]?.trim() ?? '']);
}
const first = (heading: string) => rows(heading).map(([name]) => name);

describe('the reference of the HTTP API says what the code does, all of it and nothing else', () => {
	it('routes of callers, each of which is there', () => {
		expect(first('Routes')).toEqual([...ROUTES]);
		for (const route of ROUTES) {
			const [method = '', path = ''] = route.replace(/\{(?:model|id)\}/, 'some-name').split(' ');
			expect(matchRoute(method, path), route).not.toBeNull();
		}
	});

	it('what is not served, with what to do in its place', () => {
		const text = page.split('\n## Not served\n')[1]?.split('\n## ')[0] ?? '';
		const listed = [...text.matchAll(/^\| ([^|]+) \| ([^|]+) \|$/gm)].map((row) => [row[1], row[2]]);
		expect(listed.slice(1)).toEqual(UNSERVED_APIS.map(({ name, instead }) => [name, instead]));
	});

	it('admin routes with the scope each needs', () => {
		expect(rows('Admin routes')).toEqual(ADMIN_ROUTES.map(({ method, path, scope }) => [`${method} ${path}`, scope]));
	});

	it('headers of requests', () => {
		expect(first('Request headers')).toEqual([...ROUTING_HINT_HEADERS]);
	});

	it('headers of answers: every one that the source names and that is no routing hint', () => {
		const folder = join(root, 'src/gateway');
		const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
			/(?<!\.test)\.ts$/.test(file),
		);
		const named = files.flatMap((file) =>
			[...readFileSync(join(folder, file), 'utf8').matchAll(/'(x-switchyard-[a-z-]+)'/g)].map(
				(match) => match[1] ?? '',
			),
		);
		// Both a hint and an answer: the policy that was asked for, and the one that chose.
		const ofRequests = [...ROUTING_HINT_HEADERS, GATEWAY_KEY_HEADER];
		const answers = named.filter((name) => name === 'x-switchyard-policy' || !ofRequests.includes(name));
		expect(first('Response headers')).toEqual([...new Set(answers)].sort());
	});

	it('statuses of errors', () => {
		expect(rows('Statuses of errors')).toEqual(
			Object.entries(STATUS_BY_CODE).map(([code, status]) => [code, String(status)]),
		);
	});
});
