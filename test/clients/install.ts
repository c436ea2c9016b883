import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import versions from './clients.json' with { type: 'json' };

/** Packages of one client with their exact versions. */
export type Packages = Readonly<Record<string, string>>;

/** Every client with the packages it consists of. */
export const CLIENT_PACKAGES: Readonly<Record<string, Packages>> = versions;

/** Longest time that npm may take for one client, milliseconds. */
const INSTALL_TIMEOUT_MS = 180_000;

/** Outside of the tree: what is installed and how cells came out last. */
export const CACHE: string = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'switchyard-clients');

/** A client with the versions of its packages: what is known of other versions says nothing of these. */
export function toPinnedName(name: string): string {
	return [name, ...Object.values(CLIENT_PACKAGES[name] ?? {})].join('-');
}

/** Installs a client into the cache unless its versions are there already, and returns the folder that holds its `node_modules`. Throws with npm's words where it cannot. */
export function installClient(name: string): string {
	const packages = CLIENT_PACKAGES[name];
	if (packages === undefined) throw new Error(`test/clients/clients.json names no packages for "${name}"`);
	const folder = join(CACHE, toPinnedName(name));
	if (existsSync(folder)) return folder;
	const unfinished = `${folder}.${process.pid}`;
	mkdirSync(unfinished, { recursive: true });
	writeFileSync(join(unfinished, 'package.json'), JSON.stringify({ private: true, dependencies: packages }));
	const { status, stderr, error } = spawnSync(
		'npm',
		['install', '--no-audit', '--no-fund', '--loglevel=error', '--fetch-retries=1'],
		{
			cwd: unfinished,
			encoding: 'utf8',
			timeout: INSTALL_TIMEOUT_MS,
		},
	);
	if (status !== 0) {
		rmSync(unfinished, { recursive: true, force: true });
		throw new Error(error?.message ?? stderr.trim());
	}
	renameSync(unfinished, folder);
	return folder;
}
