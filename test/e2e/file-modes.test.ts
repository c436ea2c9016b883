import { chmodSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openGateway } from '../../src/gateway.ts';
import { switchyard } from '../support/switchyard-command.ts';
import { createTemporaryProject, type TemporaryProject } from '../support/temporary-project.ts';

let project: TemporaryProject;
beforeEach(() => {
	project = createTemporaryProject();
});
afterEach(() => project.remove());

const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);

/** Every file and folder below one, by its path there, with its mode. */
function listModes(folder: string): Record<string, string> {
	const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
	return Object.fromEntries(names.map((name) => [name, modeOf(join(folder, name))]));
}

// Windows has access lists in place of modes.
describe.skipIf(process.platform === 'win32')(
	'costs, texts of errors and keys are not for other users of the machine',
	() => {
		it('database, its log and index, key and log are the owner’s while the gateway runs, and so are their folders', async () => {
			const gateway = await openGateway({
				projectDirectory: project.path,
				environment: { HOME: project.path, OPENAI_API_KEY: 'k'.repeat(20) },
				port: 0,
				watchConfig: false,
				onWarning: () => {},
			});
			const { system } = gateway.gateway.runtime;
			await system.routeTask('Say hello.');
			await system.flush();
			system.logger.warn('A line.');
			const modes = listModes(join(project.path, '.claude/orchestration'));
			await gateway.close();
			expect(modes).toMatchObject({
				db: '700',
				'db/routing.db': '600',
				'db/routing.db-wal': '600',
				'db/routing.db-shm': '600',
				'db/routing.db.key': '600',
				logs: '700',
				'logs/routing.log': '600',
			});
			expect(Object.values(modes).filter((mode) => !/^[67]00$/.test(mode))).toEqual([]);
			expect(modeOf(join(project.path, '.claude/orchestration'))).toBe('700');
		});

		it('exports and archives are new files of the owner; a file that is there keeps the mode it was given', async () => {
			const made = join(project.path, 'new.json');
			const there = join(project.path, 'shared.json');
			const archive = join(project.path, 'archive/old.db');
			writeFileSync(there, '');
			chmodSync(there, 0o644);
			expect((await switchyard(project, ['export', '--output', made])).code).toBe(0);
			expect((await switchyard(project, ['export', '--output', there])).code).toBe(0);
			const stored = await switchyard(project, ['storage', 'archive', '--before', '2026-01-01', '--to', archive]);
			expect(stored.code, stored.stderr).toBe(0);
			expect([made, there, archive, join(project.path, 'archive')].map(modeOf)).toEqual(['600', '644', '600', '700']);
		});

		it('a database that an earlier version made readable for all keeps its mode, and doctor says how to close it', async () => {
			await switchyard(project, ['stats']);
			const database = join(project.path, '.claude/orchestration/db/routing.db');
			chmodSync(database, 0o644);
			mkdirSync(join(project.path, 'out'));
			const { stdout } = await switchyard(project, ['doctor', '--offline', '--json']);
			expect(modeOf(database)).toBe('644');
			// What the command prints is its own documented shape.
			const { checks } = JSON.parse(stdout) as {
				checks: Array<{ name: string; status: string; message: string; fix: string }>;
			};
			const found = checks.find(({ name }) => name === 'files');
			expect(found).toMatchObject({ status: 'warning', message: expect.stringContaining(database) });
			await project.run('/bin/sh', ['-c', found?.fix.replace(/^.*, or /, '') ?? '']);
			expect(modeOf(database)).toBe('600');
			expect((await switchyard(project, ['doctor', '--offline', '--json'])).stdout).not.toContain('"files"');
		});
	},
);
