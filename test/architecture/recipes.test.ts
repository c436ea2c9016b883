import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readHouse } from '../../scripts/house.ts';
import { createProgram } from '../../src/cli/program.ts';
import { DEPLOYMENT_KINDS } from '../../src/providers/index.ts';

const root = join(import.meta.dirname, '..', '..');
const files = readHouse();
const contributing = readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8');

/** The places that a recipe of CONTRIBUTING.md names: its numbered steps begin with one each. */
function placesOf(recipe: string): string[] {
	const section = contributing.split(`\n## ${recipe}\n`)[1]?.split('\n## ')[0] ?? '';
	return [...section.matchAll(/^\d\. `([^`]+)`/gm)].map((match) => match[1] ?? '');
}

/** Source files in which a text stands. */
function filesWith(text: string): string[] {
	return files
		.filter((file) => file.text.includes(text))
		.map(({ path }) => path)
		.sort();
}

describe('a provider kind is added in four places', () => {
	const places = placesOf('Add a provider kind');

	it('which CONTRIBUTING.md names', () => {
		expect(places).toHaveLength(4);
		for (const kind of DEPLOYMENT_KINDS)
			for (const place of places) expect(existsSync(join(root, place.replace('<kind>', kind))), place).toBe(true);
	});

	it.each(['openai-compatible', 'bedrock'] as const)('and %s is named nowhere else', (kind) => {
		const named = filesWith(`'${kind}'`);
		expect(places.map((place) => place.replace('<kind>', kind))).toEqual(expect.arrayContaining(named));
	});
});

describe('a CLI verb is added in three places', () => {
	const places = placesOf('Add a CLI verb');
	const verbs = createProgram('0').commands.map((command) => command.name());

	it('which CONTRIBUTING.md names', () => {
		expect(places).toHaveLength(3);
		for (const verb of verbs)
			for (const place of places) expect(existsSync(join(root, place.replace('<verb>', verb))), place).toBe(true);
	});

	it.each(verbs)('%s', (verb) => {
		expect(filesWith(`.command('${verb}')`)).toEqual([`src/cli/commands/${verb}.ts`]);
		expect(filesWith(`'./commands/${verb}.ts'`)).toContain('src/cli/program.ts');
	});
});
