import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { BenchResults } from '../../benchmarks/gateway/measure/results.ts';
import { medianBetween, medianOf, SCENARIO_FIGURES } from '../../benchmarks/gateway/summary.ts';
import decision from '../../benchmarks/results/decision.json' with { type: 'json' };
import estimates from '../../benchmarks/results/estimates.json' with { type: 'json' };
import gateway from '../../benchmarks/results/gateway.json' with { type: 'json' };
import oneRound from '../../benchmarks/results/gateway-one-round.json' with { type: 'json' };
import money from '../../benchmarks/results/money.json' with { type: 'json' };
import manifest from '../../package.json' with { type: 'json' };
import { DEFAULT_MODEL_PROFILES, SPECIFICATION_MODELS } from '../../src/engine.ts';
import { createTemporaryProject } from '../support/temporary-project.ts';

const root = join(import.meta.dirname, '..', '..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const documents = [
	...readdirSync(root).filter((name) => name.endsWith('.md')),
	'benchmarks/README.md',
	...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
		.filter((path) => path.endsWith('.md'))
		.map((path) => join('docs', path)),
];

/** The names under which the headings of a document can be linked to. */
function anchors(text: string): string[] {
	const headings = [...text.matchAll(/^#+ (.+)$/gm)].map((match) => match[1] ?? '');
	const ids = [...text.matchAll(/<a id="([^"]+)">/g)].map((match) => match[1] ?? '');
	return [
		...headings.map((heading) =>
			heading
				.toLowerCase()
				.replace(/[^\w\- ]/g, '')
				.replaceAll(' ', '-'),
		),
		...ids,
	];
}

function isBroken(document: string, link: string): boolean {
	const [path = '', anchor = ''] = link.split('#');
	const target = path === '' ? document : join(dirname(document), path);
	if (!existsSync(join(root, target))) return true;
	return anchor !== '' && !anchors(read(target)).includes(anchor);
}

it('every link in the documents leads somewhere', () => {
	const broken = documents.flatMap((document) =>
		[...read(document).matchAll(/\]\((?!https?:)([^)\s]+)\)/g)]
			.map((match) => match[1] ?? '')
			.filter((link) => isBroken(document, link))
			.map((link) => `${document}: ${link}`),
	);
	expect(broken).toEqual([]);
});

it('every file and npm command that the documents name is there', () => {
	const scripts = Object.keys(manifest.scripts);
	const wrong = documents
		.filter((document) => !document.startsWith('docs/decisions'))
		.flatMap((document) => {
			const text = read(document);
			const commands = [...text.matchAll(/npm run ([\w:-]+)/g)].map((match) => match[1] ?? '');
			const files = [...text.matchAll(/(?:vitest run --project \w+|node) ((?:src|test|scripts)\/[\w./-]+)/g)];
			return [
				...commands.filter((command) => !scripts.includes(command)),
				...files.map((match) => match[1] ?? '').filter((file) => !existsSync(join(root, file))),
			].map((name) => `${document}: ${name}`);
		});
	expect(wrong).toEqual([]);
});

it('a decision that a document cites by its number is one decision', () => {
	const files = readdirSync(join(root, 'docs/decisions'));
	const titled = files.map((file) => read(`docs/decisions/${file}`).match(/^# (\d{4})\. /)?.[1]);
	expect(titled).toEqual(files.map((file) => file.slice(0, 4)));
	expect(new Set(titled).size).toBe(files.length);
});

it('the accuracy that the README tells is the one on the classifier’s page', () => {
	const rows = read('docs/reference/classifier.md').split('\n');
	const sharesOf = (name: string): string[] => {
		const [, , , all = '', mean = ''] = rows.find((row) => row.startsWith(`| ${name} |`))?.split('|') ?? [];
		return [all.trim(), mean.trim()];
	};
	const [weak, weakMean] = sharesOf('sources with weak labels');
	const [hard] = sharesOf('held out, written to be hard');
	const readme = read('README.md').replace(/\s+/g, ' ');
	expect(readme).toContain(`public sources ${weak} of asks, ${weakMean} as the mean over them`);
	expect(readme).toContain(
		`left out, ${sharesOf('benchmarks').join(' and ')}; all nineteen ${sharesOf('both').join(' and ')}`,
	);
	expect(readme).toContain(`written to be hard, ${hard}`);
});

it('the figures of the README are those of the published results', () => {
	const median = (figures: number[]) => figures.sort((a, b) => a - b)[Math.floor(figures.length / 2)] ?? Number.NaN;
	const percent = (part: number) => `${(100 * part).toFixed(1)} %`;
	const perDecision = median(decision.rounds.map((round) => round['1 KB'].both.p50));
	const perPair = median(money.rounds['SQLite, normal, one process, 1 at a time'].map(({ p50us }) => p50us));
	const [coding] = estimates.results.map(({ runs }) => runs);
	const before = median(coding?.map(({ uncorrected }) => uncorrected) ?? []);
	const after = median(coding?.map(({ corrected }) => corrected) ?? []);
	const readme = read('README.md');
	expect(readme).toContain(`| ${Math.round(perDecision)} µs | \`npm run bench:decision\` |`);
	expect(readme).toContain(`| ${Math.round(perPair)} µs | \`npm run bench:money\` |`);
	expect(readme).toContain(`| ${percent(before)} → ${percent(after)} | \`npm run bench:estimates\` |`);
	// its figures are numbers or null, as the benchmark's types say
	const results = gateway as BenchResults;
	const cpu = SCENARIO_FIGURES.cpuSaturated('openai-small');
	const text = readme.replace(/\s+/g, ' ');
	const perRequest = (of: BenchResults) => (medianOf(of, 'ours', cpu) / 1000).toFixed(2);
	const times = (of: BenchResults, other: string) => medianBetween(of, ['ours', other], cpu, (one, base) => one / base);
	expect(text).toContain(
		`one request of 1 KB takes ${perRequest(results)} ms at saturation, ${times(results, 'bare').toFixed(1)} times a bare proxy and ${Math.round(100 * times(results, 'portkey'))} % of Portkey's`,
	);
	const later = oneRound as BenchResults;
	expect(text).toContain(`recorded: ${perRequest(later)} ms, ${times(later, 'bare').toFixed(1)} times`);
});

it('the README is read in one sitting: at most 120 lines', () => {
	expect(read('README.md').trimEnd().split('\n').length).toBeLessThanOrEqual(120);
});

it('the README tells which of the specification’s models are gone or about to go', () => {
	const models = DEFAULT_MODEL_PROFILES.filter(({ name }) => SPECIFICATION_MODELS.includes(name));
	const inState = (state: string) => models.filter(({ lifecycle }) => lifecycle?.state === state);
	const told = /retired by their providers\*\* \(([^)]+)\)/.exec(read('README.md'))?.[1]?.split(', ');
	expect(told).toEqual(inState('retired').map(({ name }) => name));
	const going = inState('deprecated').map(({ name, lifecycle }) => `${name} ${lifecycle?.retiresOn}`);
	const warned = /(\S+)'s model is deprecated and its provider names (\S+) as/.exec(read('README.md'));
	expect(warned === null ? [] : [`${warned[1]} ${warned[2]}`]).toEqual(going);
});

describe('examples', () => {
	const shown = documents.flatMap((document) =>
		[...read(document).matchAll(/<!-- snippet: (\S+) -->\n```ts\n([\s\S]*?)```/g)].map(
			(match) => [document, match[1] ?? '', match[2] ?? ''] as const,
		),
	);

	it('every TypeScript block of the README comes from one', () => {
		expect(read('README.md').match(/```ts\n/g)).toHaveLength(
			shown.filter(([document]) => document === 'README.md').length,
		);
	});

	it.each(shown)('%s shows %s as it runs', (_document, example, text) => {
		const region = /\/\/ #region shown\n([\s\S]*?)\/\/ #endregion/.exec(read(example))?.[1];
		const shownAs = region
			?.replace("'../src/index.ts'", `'${manifest.name}'`)
			.replaceAll(/'\.\.\/src\/([\w-]+)\.ts'/g, `'${manifest.name}/$1'`);
		expect(text).toBe(shownAs);
	});

	it.each(readdirSync(join(root, 'examples')).filter((name) => name.endsWith('.ts')))(
		'%s holds what it asserts',
		async (name) => {
			const project = createTemporaryProject();
			try {
				const { code, stderr } = await project.run(process.execPath, [join(root, 'examples', name)]);
				expect(code, stderr).toBe(0);
			} finally {
				project.remove();
			}
		},
	);
});
