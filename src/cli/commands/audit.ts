import { type Command, InvalidArgumentError } from 'commander';
import type { AuditEntry } from '../../contracts/index.ts';
import { escapeText } from '../../util/index.ts';
import type { GlobalOptions } from '../options.ts';
import { projectAction } from '../project-action.ts';
import type { Session } from '../session.ts';
import { formatTable, quoteArgument } from '../terminal-text.ts';

const DEFAULT_ENTRIES = 20;
const MAX_ENTRIES = 1000;

interface AuditFlags extends GlobalOptions {
	limit?: number;
}

function parseCount(value: string): number {
	const count = Number(value);
	if (Number.isSafeInteger(count) && count > 0 && count <= MAX_ENTRIES && value.trim() !== '') return count;
	throw new InvalidArgumentError(
		`${quoteArgument(value)} is not a count. Write a whole number from 1 to ${MAX_ENTRIES}.`,
	);
}

/** What differs between two states, as `limit 5 → 8`; a state that is not there is –. */
function describeChange({ before, after }: AuditEntry): string {
	const members = (value: unknown) => new Map(Object.entries(Object(value ?? {})));
	const [old, fresh] = [members(before), members(after)];
	const format = (value: unknown) => escapeText(value === undefined ? '–' : String(JSON.stringify(value)));
	const names = [...new Set([...old.keys(), ...fresh.keys()])];
	return names
		.filter((name) => format(old.get(name)) !== format(fresh.get(name)))
		.map((name) => `${name} ${format(old.get(name))} → ${format(fresh.get(name))}`)
		.join(', ');
}

async function showAudit({ loaded, output, system }: Session, { limit = DEFAULT_ENTRIES }: AuditFlags): Promise<void> {
	const { audit } = await system.storage();
	const entries = await audit.list(limit);
	const { timezone } = loaded.config.budget;
	const time = new Intl.DateTimeFormat('en-CA', {
		timeZone: timezone,
		dateStyle: 'short',
		timeStyle: 'medium',
		hourCycle: 'h23',
	});
	output.result(
		{ timezone, entries: entries.map((entry) => ({ ...entry, at: new Date(entry.at).toISOString() })) },
		() =>
			entries.length === 0
				? 'Nothing was changed yet: keys and limits that are made or changed are listed here.'
				: `${formatTable(
						['Time', 'Who', 'What', 'Change'],
						entries.map((entry) => [
							time.format(entry.at),
							entry.byName === null ? entry.by : `${escapeText(entry.byName)} (${entry.by})`,
							`${entry.action} ${escapeText(entry.target)}`,
							describeChange(entry),
						]),
					)}\n\nTimes are in ${timezone}.`,
	);
}

/** `switchyard audit` */
export function auditCommand(program: Command): void {
	program
		.command('audit')
		.description('list who has changed keys and limits, newest first')
		.option('--limit <count>', `how many; without it ${DEFAULT_ENTRIES}`, parseCount)
		.addHelpText('after', '\nExamples:\n  switchyard audit\n  switchyard audit --limit 200 --json')
		.action(projectAction(showAudit));
}
