import { createHash, createHmac } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { hashRequest } from '../../../../src/gateway/replay/index.ts';
import { JsonText } from '../../../../src/protocol/index.ts';
import { CHAT, openSecurityGateway, type SecurityGateway } from '../../../support/open-security-gateway.ts';

let gateway: SecurityGateway;
let folder: string;
beforeEach(async () => {
	gateway = await openSecurityGateway({ config: { log: { level: 'debug' } } });
	folder = join(gateway.project.path, '.claude/orchestration');
});
afterEach(() => gateway.close());

const PROMPT = 'The patient is Ada Lovelace.';
const BODY = JSON.stringify({ ...CHAT, messages: [{ role: 'user', content: PROMPT }] });
/** As versions up to 0.1.0 hashed it. */
const plainHash = () =>
	hashRequest({ owner: 'local', method: 'POST', url: '/v1/chat/completions', headers: {}, body: JsonText.from(BODY) });

const ask = () => gateway.post('/v1/chat/completions', BODY, { 'idempotency-key': 'once' });

it('who has everything that is kept but its key finds no prompt by guessing it: each hash is an HMAC', async () => {
	expect((await ask()).status).toBe(200);
	await gateway.running.gateway.runtime.system.flush();
	const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
	const kept = files.map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'latin1')).join('\n');
	const sha = (algorithm: string, text: string) => createHash(algorithm).update(text).digest();
	const texts = [PROMPT, BODY, JSON.stringify(CHAT), `user: ${PROMPT}`, JSON.stringify(PROMPT)];
	const guesses = texts.flatMap((text) => ['sha1', 'sha256', 'sha512', 'md5'].map((algorithm) => sha(algorithm, text)));
	guesses.push(Buffer.from(await plainHash(), 'hex'));
	for (const guess of guesses)
		for (const form of ['hex', 'base64', 'latin1'] as const) expect(kept).not.toContain(guess.toString(form));
	const key = readFileSync(join(folder, 'db/routing.db.key'), 'utf8').trim();
	const database = new DatabaseSync(join(folder, 'db/routing.db'), { readOnly: true });
	const row = database.prepare('SELECT request_hash FROM idempotency_answers').get();
	database.close();
	expect(row?.['request_hash']).toBe(
		createHmac('sha256', key)
			.update(await plainHash())
			.digest('hex'),
	);
});

it('an answer that an earlier version kept under the plain hash is repeated after the upgrade, not refused or paid again', async () => {
	await (await ask()).text();
	await gateway.running.gateway.runtime.system.flush();
	const database = new DatabaseSync(join(folder, 'db/routing.db'));
	database.prepare('UPDATE idempotency_answers SET request_hash = ?').run(await plainHash());
	database.close();
	const again = await ask();
	expect([again.status, again.headers.get('x-switchyard-idempotency')]).toEqual([200, 'repeated']);
	expect(await again.text()).toContain('Hello.');
	expect(gateway.witness.requests).toHaveLength(1);
	const other = await gateway.post('/v1/chat/completions', CHAT, { 'idempotency-key': 'once' });
	expect(other.status).toBe(422);
});
