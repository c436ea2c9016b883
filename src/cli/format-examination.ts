import type { Finding } from './examine.ts';
import type { Output } from './output.ts';

const MARKS: Readonly<Record<Finding['status'], readonly [word: string, color: 'green' | 'yellow' | 'red' | 'dim']>> = {
	ok: ['ok', 'green'],
	warning: ['warning', 'yellow'],
	broken: ['broken', 'red'],
	skipped: ['skipped', 'dim'],
};

function conclusion(findings: readonly Finding[]): string {
	const broken = findings.filter(({ status }) => status === 'broken').length;
	if (broken > 0) return `${broken === 1 ? 'One thing is' : `${broken} things are`} broken.`;
	return 'Nothing is broken.';
}

/** What was found, one line each, and under it what to do. */
export function formatExamination(findings: readonly Finding[], output: Output): string {
	const width = Math.max(...findings.map(({ name }) => name.length));
	const lines = findings.flatMap(({ name, status, message, fix }) => {
		const [word, color] = MARKS[status];
		const line = `${name.padEnd(width)}  ${output.style(color, word.padEnd(7))}  ${message}`;
		return fix === undefined ? [line] : [line, `${' '.repeat(width)}           ${fix}`];
	});
	return [...lines, '', conclusion(findings)].join('\n');
}
