import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

const HOLDER = `
const { DatabaseSync } = require('node:sqlite');
const database = new DatabaseSync(process.argv[1]);
database.exec('BEGIN EXCLUSIVE');
process.stdout.write('held');
process.stdin.once('data', () => { database.exec('ROLLBACK'); process.exit(0); });
`;

/** Lets another process hold the database's lock, until the returned function is called. */
export async function lockDatabase(path: string): Promise<() => Promise<void>> {
	const child: ChildProcess = spawn(process.execPath, ['--no-warnings', '-e', HOLDER, path], {
		stdio: ['pipe', 'pipe', 'inherit'],
	});
	if (child.stdout !== null) await once(child.stdout, 'data');
	return async () => {
		child.stdin?.write('end');
		await once(child, 'exit');
	};
}
