// A library runs in a process of its own: some leave rejected promises behind, which end a process.
import { fork } from 'node:child_process';
import type { ClientDriver, ClientResult, ClientTask } from './client-driver.ts';

/** Milliseconds that a library may take to stop once it is told to. */
const GRACE_MS = 3000;

/** Runs a task with the driver of that name in another process; whatever ends that process is what the library shows. */
export function runLibrary(name: string, { signal, ...task }: ClientTask): Promise<ClientResult> {
	const child = fork(import.meta.filename, [name], { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
	let output = '';
	for (const stream of [child.stdout, child.stderr]) stream?.on('data', (part: Buffer) => (output += part.toString()));
	const stop = () => {
		if (child.connected) child.send('abort');
		// a library that does not stop when it is told to
		AbortSignal.timeout(GRACE_MS).addEventListener('abort', () => child.kill('SIGKILL'), { once: true });
	};
	signal.addEventListener('abort', stop, { once: true });
	return new Promise((resolve) => {
		let result: ClientResult | null = null;
		child.once('message', (message) => {
			result = message as ClientResult; // the other side of this file sends nothing else
		});
		child.once('close', () => {
			signal.removeEventListener('abort', stop);
			resolve(result ?? { text: output, isError: true });
		});
		child.send(task);
	});
}

async function serve(name: string): Promise<void> {
	const { driver }: { driver: ClientDriver } = await import(`./drivers/${name}.ts`);
	const controller = new AbortController();
	process.on('message', (message: 'abort' | Omit<ClientTask, 'signal'>) => {
		if (message === 'abort') return controller.abort();
		driver
			.run({ ...message, signal: controller.signal })
			.catch((error: unknown): ClientResult => ({ text: String(error), isError: true }))
			.then((result) => process.send?.(result, () => process.exit()))
			.catch((error: unknown) => console.error(error));
	});
}

const [, main, served] = process.argv;
if (main === import.meta.filename && served !== undefined) await serve(served);
