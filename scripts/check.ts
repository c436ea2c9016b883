// `npm test`, the gate: what looks at the sources runs side by side, then every test runs against the build.
import { spawn, spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';

/** npm scripts that need nothing of one another; the longest comes first. `prepare` builds what `npm ci` has not built just now. */
const SOURCE_CHECKS = ['typecheck', 'prepare', 'lint', 'layers', 'unused'];

/** Runs an npm script; what it says is shown in one piece when it has ended. */
function runScript(name: string): Promise<boolean> {
	const startedAt = performance.now();
	const child = spawn('npm', ['run', '--silent', name], { stdio: ['ignore', 'pipe', 'pipe'] });
	const output: Buffer[] = [];
	for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => output.push(chunk));
	return new Promise((resolve, reject) => {
		child.once('error', reject);
		child.once('close', (code) => {
			const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
			console.log(`npm run ${name}: ${code === 0 ? 'passed' : 'FAILED'} (${seconds} s)`);
			process.stdout.write(Buffer.concat(output));
			resolve(code === 0);
		});
	});
}

const waiting = [...SOURCE_CHECKS];
const failed: string[] = [];
async function work(): Promise<void> {
	for (let name = waiting.shift(); name !== undefined; name = waiting.shift())
		if (!(await runScript(name))) failed.push(name);
}
await Promise.all(Array.from({ length: Math.max(2, availableParallelism()) }, work));

if (failed.length > 0) {
	console.error(`The tests were not run: mend ${failed.join(', ')} first.`);
	process.exitCode = 1;
} else {
	process.exitCode = spawnSync('npm', ['run', '--silent', 'test:all'], { stdio: 'inherit' }).status ?? 1;
}
