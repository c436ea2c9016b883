import type { DeploymentCheck } from '../../providers/index.ts';
import type { Output } from '../output.ts';

/** What one check found. */
export interface Finding {
	/** What was checked: `configuration`, `database`, a variable, or a deployment's id. */
	name: string;
	/** `warning`: works, with something to know. `skipped`: not used, or not tried. `fixed`: `--fix` has mended it. */
	status: DeploymentCheck['status'] | 'fixed';
	/** What was found, without secrets. */
	message: string;
	/** What to do about it. */
	fix?: string | undefined;
	/** Mends it and says what was written. Only `--fix` calls it. */
	repair?: (() => string | Promise<string>) | undefined;
}

/** Mends what can be mended; what cannot be written stays as it was found, with the reason. */
export async function repairFindings(findings: readonly Finding[]): Promise<Finding[]> {
	const after: Finding[] = [];
	for (const { repair, ...finding } of findings) {
		if (repair === undefined) after.push(finding);
		else {
			try {
				after.push({ name: finding.name, status: 'fixed', message: await repair() });
			} catch (error) {
				const reason = error instanceof Error ? error.message : String(error);
				const status = finding.status === 'broken' ? 'broken' : 'warning';
				after.push({ ...finding, status, fix: `--fix could not do it: ${reason}` });
			}
		}
	}
	return after;
}

const MARKS: Readonly<Record<Finding['status'], readonly [word: string, color: 'green' | 'yellow' | 'red' | 'dim']>> = {
	ok: ['ok', 'green'],
	fixed: ['fixed', 'green'],
	warning: ['warning', 'yellow'],
	broken: ['broken', 'red'],
	skipped: ['skipped', 'dim'],
};

/** Paths as they are seen from here: a terminal has no room for whole ones. */
function shorten(text: string): string {
	return text.replaceAll(`${process.cwd()}/`, '');
}

/** What was found, one line each, and under it what to do. */
export function formatFindings(findings: readonly Finding[], output: Output): string {
	const width = Math.max(...findings.map(({ name }) => name.length));
	const lines = findings.flatMap(({ name, status, message, fix }) => {
		const [word, color] = MARKS[status];
		const label = `${name.padEnd(width)}  ${output.style(color, word.padEnd(7))}  `;
		const line = output.besideLabel(label, shorten(message));
		return fix === undefined ? [line] : [line, output.besideLabel(`${' '.repeat(width)}           `, shorten(fix))];
	});
	const broken = findings.filter(({ status }) => status === 'broken').length;
	const subject = broken === 0 ? 'Nothing is' : broken === 1 ? 'One thing is' : `${broken} things are`;
	return [...lines, '', `${subject} broken.`].join('\n');
}
