import type { Command } from 'commander';
import { type GlobalOptions, parseAmount } from '../options.ts';

interface DoctorFlags extends GlobalOptions {
	offline?: boolean;
	timeout: number;
}

/** `switchyard doctor` */
export function registerDoctor(program: Command): void {
	program
		.command('doctor')
		.description('check configuration, database, keys and every deployment, and say what to do')
		.option('--offline', 'call nothing')
		.option('--timeout <seconds>', 'seconds each deployment may take (default: 20)', parseAmount, 20)
		.addHelpText(
			'after',
			'\nEach deployment gets one call with the shortest answer its cheapest model gives; it is in the ledger like any other.\nExit code 1 when something is broken.',
		)
		.action(async (_options: unknown, self: Command) => {
			const flags = self.optsWithGlobals<DoctorFlags>();
			const { examine } = await import('../examine.ts');
			const { formatExamination } = await import('../format-examination.ts');
			const { createOutput } = await import('../session.ts');
			const output = createOutput(flags);
			const findings = await output.progress('Checking', () =>
				examine(flags, { isOffline: flags.offline === true, timeoutMs: flags.timeout * 1000 }),
			);
			const isSound = findings.every(({ status }) => status !== 'broken');
			output.result({ ok: isSound, checks: findings }, () => formatExamination(findings, output));
			if (!isSound) process.exitCode = 1;
		});
}
