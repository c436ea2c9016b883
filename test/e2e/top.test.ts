import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { terminalOption } from '../support/as-terminal.ts';
import { chat, openTestGateway, until, writeProjectConfig } from '../support/open-test-gateway.ts';
import { callSwitchyard } from '../support/switchyard-command.ts';
import { cleanEnvironment, createTemporaryProject, type TemporaryProject } from '../support/temporary-project.ts';

const MAIN = join(import.meta.dirname, '../../src/cli/main.ts');
/** What leaves the screen that `top` draws on, with the cursor that was hidden. */
const LEAVE = '\u001b[?25h\u001b[?1049l';

let project: TemporaryProject;
beforeAll(async () => {
	project = createTemporaryProject();
	await callSwitchyard(project, ['run', 'Explain what a circuit breaker is']);
});
afterAll(() => project.remove());

/** Starts it on a terminal of 80 columns. */
function startTop(...args: string[]) {
	const clean = cleanEnvironment(project.path);
	const options = `${clean['NODE_OPTIONS']} ${terminalOption(80)}`;
	const env = { ...clean, NODE_OPTIONS: options, TERM: 'xterm-256color' };
	const child = spawn(process.execPath, [MAIN, 'top', ...args], { cwd: project.path, env });
	let text = '';
	child.stdout.on('data', (chunk) => {
		text += chunk;
	});
	/** What was drawn, from the second time on. */
	const frames = () => text.split('\u001b[H').slice(1);
	return { child, ended: once(child, 'exit'), frames, read: () => text };
}

describe('switchyard top', () => {
	it.each([
		['q', 'q'],
		['Ctrl-C', '\u0003'],
	])('draws today until %s, and gives the terminal back', async (_name, key) => {
		const { child, ended, frames, read } = startTop('--interval', '0.5');
		await until(() => frames().length >= 2, 'it draws twice');
		for (const text of ['switchyard top', 'of $10.00', 'Last 1: 100 % answered'])
			expect(frames().at(0)).toContain(text);
		child.stdin.write(key);
		expect(await ended).toEqual([0, null]);
		expect(read().endsWith(LEAVE)).toBe(true);
	});

	it('shows what another process has spent since it began', async () => {
		const { child, ended, frames } = startTop('--interval', '0.5');
		await until(() => frames().length >= 1, 'it draws');
		expect(frames().at(-1)).toContain('1 call today');
		await callSwitchyard(project, ['run', 'Fix the login bug']);
		await until(() => frames().at(-1)?.includes('2 calls today') === true, 'it shows the second call');
		child.stdin.write('q');
		await ended;
	});

	it('gives the terminal back when it is stopped from outside', async () => {
		const { child, ended, frames, read } = startTop();
		await until(() => frames().length >= 1, 'it draws');
		child.kill('SIGTERM');
		expect(await ended).toEqual([143, null]);
		expect(read().endsWith(LEAVE)).toBe(true);
	});

	it('says what the gateway of the project has under way, and nothing of another project’s', async () => {
		const gateway = await openTestGateway();
		const other = createTemporaryProject();
		try {
			for (const served of [gateway.project, other])
				writeProjectConfig(served, { gateway: { port: gateway.running.port } });
			const { modelId } = gateway.running.gateway.runtime.system.router.catalog.get('haiku');
			gateway.simulator.script({ [modelId]: { tokensPerSecond: 10, text: 'word '.repeat(200) } });
			const controller = new AbortController();
			const url = `${gateway.running.url}/v1/chat/completions`;
			const body = JSON.stringify(chat('haiku', { stream: true }));
			const headers = { 'content-type': 'application/json' };
			await fetch(url, { method: 'POST', headers, body, signal: controller.signal });
			expect((await callSwitchyard(gateway.project, ['top'])).stdout).toContain('; now 1 under way, 0 waiting');
			expect((await callSwitchyard(other, ['top'])).stdout).not.toContain('under way');
			controller.abort();
		} finally {
			await gateway.close();
			other.remove();
		}
	});

	it('looks once where its output is no terminal, without steering one', async () => {
		const { code, stdout } = await callSwitchyard(project, ['top']);
		expect(code).toBe(0);
		expect(stdout).toContain('switchyard top');
		expect(stdout).not.toContain('\u001b');
		const { stdout: json } = await callSwitchyard(project, ['top', '--json']);
		expect(JSON.parse(json)).toMatchObject({ overview: { timezone: expect.any(String) }, limits: expect.any(Array) });
	});
});
