import { expect, it } from 'vitest';
import { createProgram } from '../../src/cli/program.ts';
import { measureText } from '../../src/cli/terminal-text.ts';
import { callSwitchyard } from '../support/switchyard-command.ts';
import { createTemporaryProject } from '../support/temporary-project.ts';

const program = createProgram('0.0.0');
const verbs = program.commands.map((command) => command.name());
const subcommands = program.commands.flatMap((parent) => parent.commands.map((child) => [parent.name(), child.name()]));

/** Runs in a project of its own and gives the lines that an 80-column terminal would break. */
async function findWideLines(args: readonly string[]): Promise<string[]> {
	const project = createTemporaryProject();
	try {
		const { code, stdout, stderr } = await callSwitchyard(project, args);
		expect(code, stderr).toBe(0);
		expect(stdout.length).toBeGreaterThan(0);
		return stdout.split('\n').filter((line) => measureText(line) > 80);
	} finally {
		project.remove();
	}
}

it.each([[], ...verbs.map((verb) => [verb]), ...subcommands])('the help of %s %s fits 80 columns', async (...path) => {
	const words = path.filter((word) => word !== undefined);
	expect(await findWideLines([...words, '--help'])).toEqual([]);
});

it('a name in the table of prices can be copied: 80 columns do not break it', async () => {
	const project = createTemporaryProject();
	try {
		expect((await callSwitchyard(project, ['prices'])).stdout).toMatch(/^gemini-3\.1-pro-preview +\$/m);
		const { models } = JSON.parse((await callSwitchyard(project, ['prices', '--json'])).stdout);
		expect(models).toContainEqual(expect.objectContaining({ model: 'haiku', provider: 'anthropic' }));
	} finally {
		project.remove();
	}
});

it.each(verbs)('the help of %s names no default twice', (verb) => {
	const help = program.commands.find((command) => command.name() === verb)?.helpInformation() ?? '';
	expect(help).toContain(verb);
	expect(help.replaceAll(/\s+/g, ' ')).not.toMatch(/\(default: [^)]*\) \(default/);
});

it('the help of a command names the options that every command takes', async () => {
	const project = createTemporaryProject();
	try {
		expect((await callSwitchyard(project, ['route', '--help'])).stdout).toMatch(/Global Options:[\s\S]*--json/);
	} finally {
		project.remove();
	}
});
