import { createReadStream, existsSync } from 'node:fs';

/** How the bundled program declares a command: an object with its type, in whose fields no other object stands. */
const DECLARED = /\{[^{}]{0,400}?\btype:"(?:local|local-jsx|prompt)"[^{}]{0,400}/g;
/** Commands whose description is made when it is shown, and skills that come with the program. */
const OTHERS = /(?:\{|\()name:"([a-z][a-z-]+)",(?:get description\(|menuDescription:)/g;
/** Longest text that either of them looks at, characters. */
const OVERLAP = 1024;

function findNames(text: string): string[] {
	const declared = [...text.matchAll(DECLARED)].flatMap(([object]) => {
		const name = /\bname:"([a-z][a-z-]+)"/.exec(object)?.[1];
		const aliases = /\baliases:\[([^\]]*)\]/.exec(object)?.[1] ?? '';
		return name === undefined
			? []
			: [name, ...[...aliases.matchAll(/"([a-z][a-z-]+)"/g)].map(([, alias = '']) => alias)];
	});
	return [...declared, ...[...text.matchAll(OTHERS)].map(([, name = '']) => name)];
}

/** Names of the commands that an installed Claude Code brings with it; `null` where it is not installed. */
export async function readClaudeCodeCommands(installed: string): Promise<string[] | null> {
	const program = `${installed}/node_modules/@anthropic-ai/claude-code-${process.platform}-${process.arch}/claude`;
	if (!existsSync(program)) return null;
	const names = new Set<string>();
	let before = '';
	for await (const chunk of createReadStream(program, { encoding: 'latin1', highWaterMark: 8 * 1024 * 1024 })) {
		const text: string = before + chunk;
		for (const name of findNames(text)) names.add(name);
		before = text.slice(-OVERLAP);
	}
	return [...names].sort();
}
