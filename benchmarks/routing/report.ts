import type { BaselineInterval } from '../../src/contracts/index.ts';
import type { Choice } from '../../src/cost/index.ts';
import type { PolicyResult, PoolResult } from './compare.ts';
import { FOLDS, OUTPUT_TOKENS } from './pools.ts';

const formatPoints = (points: number): string => `${points < 0 ? '−' : '+'}${Math.abs(points).toFixed(2)}`;
const formatInterval = ({ value, low, high }: BaselineInterval): string =>
	`${formatPoints(value)} (${formatPoints(low)} to ${formatPoints(high)})`;
const nameOf = ({ knowsWorkload, policy }: PolicyResult): string =>
	`${policy}${knowsWorkload ? ', workload known' : ''}`;
const HEAD =
	'| policy | gain over the coin, points | of it by the workload | APGR | dominated choices |\n|---|---|---|---|---|';

function renderPolicy(result: PolicyResult): string {
	const { apgr, dominatedPercent, gain, gainOfWorkload } = result;
	const workload = gainOfWorkload === undefined ? '' : formatInterval(gainOfWorkload);
	return `| ${nameOf(result)} | ${formatInterval(gain)} | ${workload} | ${apgr.toFixed(2)} | ${dominatedPercent.toFixed(2)} % |`;
}

/** One pool as a table. */
export function renderPool({ apgrOfCoin, asks, policies, pool, workloads }: PoolResult): string {
	return [
		`### ${pool}`,
		'',
		`${asks} asks of ${workloads} workloads. APGR of the coin: ${apgrOfCoin.toFixed(2)}.`,
		'',
		HEAD,
		...policies.map(renderPolicy),
		'',
	].join('\n');
}

/** What the figures are held to, each with whether they keep it. */
export function checkBars(results: readonly PoolResult[]): string[] {
	const find = (pool: PoolResult, policy: string, knowsWorkload: boolean) =>
		pool.policies.find((each) => each.policy === policy && each.knowsWorkload === knowsWorkload);
	const lines: string[] = [];
	for (const policy of new Set(results.flatMap(({ policies }) => policies.map((each) => each.policy)))) {
		const blind = results.map((pool) => ({ pool: pool.pool, result: find(pool, policy, false) }));
		const known = results.map((pool) => find(pool, policy, true)?.gainOfWorkload);
		const mixed = blind.find(({ pool }) => pool === 'mixed')?.result?.gain;
		const oneKind = blind.filter(({ pool }) => pool !== 'mixed').map(({ result }) => result?.gain.low ?? Number.NaN);
		const added = known.map((gain) => gain?.value ?? Number.NaN);
		const meanAdded = added.reduce((sum, value) => sum + value, 0) / added.length;
		const dominated = Math.max(
			...results
				.flatMap((pool) => pool.policies.filter((each) => each.policy === policy))
				.map(({ dominatedPercent }) => dominatedPercent),
		);
		const say = (isKept: boolean, what: string) => `${isKept ? 'kept  ' : 'missed'} ${policy}: ${what}`;
		lines.push(
			say(
				(mixed?.value ?? 0) >= 0.7 && (mixed?.low ?? 0) > 0,
				`mixed pool at least +0.70 with a lower bound above 0: ${mixed === undefined ? 'none' : formatInterval(mixed)}`,
			),
			say(
				Math.min(...oneKind) >= -0.3,
				`pools of one kind, lower bound at least −0.30: ${oneKind.map(formatPoints).join(', ')}`,
			),
			say(
				Math.min(...added) > 0 && meanAdded >= 1,
				`the workload helps in every pool, by 1.00 on average: ${added.map(formatPoints).join(', ')}; mean ${formatPoints(meanAdded)}`,
			),
			say(dominated === 0, `no dominated choice: ${dominated.toFixed(2)} % at most`),
		);
	}
	return lines;
}

/** What the figures do not show to be good: policies whose interval is not above 0. */
function listFailures(results: readonly PoolResult[]): string[] {
	const beaten = results.flatMap(({ policies, pool }) =>
		policies
			.filter(({ dominatedPercent }) => dominatedPercent > 0)
			.map((policy) => {
				const known = policy.knowsWorkload ? ' with the workload known' : '';
				return `- ${pool}: \`${policy.policy}\`${known} takes models that another one is expected to beat in quality and cost, in ${policy.dominatedPercent.toFixed(2)} % of its choices`;
			}),
	);
	const lost = results.flatMap(({ policies, pool }) =>
		policies
			.filter(({ gain }) => gain.low <= 0)
			.sort((a, b) => a.gain.value - b.gain.value)
			.map((policy) => {
				const verdict = policy.gain.high < 0 ? 'loses to the coin' : 'is not shown to beat the coin';
				return `- ${pool}: \`${policy.policy}\`${policy.knowsWorkload ? ' with the workload known' : ''} ${verdict}: ${formatInterval(policy.gain)}`;
			}),
	);
	return [...lost, ...beaten];
}

/** The page of the documentation. */
export function renderPage(results: readonly PoolResult[]): string {
	return `# Evidence

Routing measured on public outcomes: every policy beside **the coin**, the best random mix of two single models that costs as much.
Made by \`npm run bench:routing\`; all figures are in \`benchmarks/results/routing.json\`.

## What does not work

${listFailures(results).join('\n')}

The sets are exam questions, with models of 2024 and earlier; none is a chat or an agent. Every ask here has an outcome for every model: in
use one model answers and few answers are rated, so that what is learned comes slower. Where you never tell good answers from bad ones,
none of these gains is yours. What a policy knows of the models is their price and their mean score over the asks that teach; your catalog's figures
are further from the truth.

## What works

![Quality over cost of the policies and of the coin, by pool](evidence.svg)

Knowing the workload is what helps: whose request it is and of which kind, which the [router learns](../guide/learning.md) by itself. The type that is read off
a prompt helps where asks are mixed, and little among asks of one kind.

Gain: points of quality (0-100) above the coin at the same mean cost, averaged over the settings of the policy from the cheapest to the
strongest, with its 95 % interval. APGR: the share of the way from always the cheapest to always the strongest, averaged over the costs between
the two. Dominated: choices that another model beat in expected quality and cost, by what the policy knew.

${results.map(renderPool).join('\n')}
## How it is measured

- Outcomes: LLMRouter (5,122 prompts of 13 benchmarks, 9 models, MIT) and MMLU-Pro (5,134 questions of 9 subjects, the models with a
  price, Apache-2.0). Questions, mathematics and code are parts of the first. A workload is a benchmark, or a subject. Asks that a model
  did not answer are left out.
- Tokens: input is a quarter of the prompt's characters, output ${OUTPUT_TOKENS} for every answer; the sets count none. So costs differ by
  price and by the length of the prompt alone.
- Asks are split inside each workload into ${FOLDS} folds. Each is judged by what the other ${FOLDS - 1} taught.
- The router's own code decides: classifier, posterior (\`src/learn\`), scores and policies (\`src/route\`).
- The coin is told what nobody could know: its models are chosen on the asks that judge. So is the best single model, which is a point of
  the same hull. Always the cheapest and always the strongest are the ends of it.
- Intervals: 2,000 bootstrap draws of whole asks, with the answers of all models to each.
- Nothing was fitted to these figures; other outcomes in the same form can be given as files.
`;
}

const WIDTH = 300;
const HEIGHT = 220;
const MARGIN = { left: 44, right: 12, top: 30, bottom: 34 };
const COLUMNS = 2;
const LINES: ReadonlyArray<[policy: string, color: string]> = [
	['weighted', '#b45309'],
	['cheapest-good-enough', '#7c3aed'],
	['utility', '#047857'],
	['learned', '#1d4ed8'],
];

/** One pool as a chart: cost across, quality up. */
function drawPool({ models, policies, pool }: PoolResult, place: { x: number; y: number }): string {
	const shown = policies.filter(({ knowsWorkload }) => knowsWorkload);
	const points = [...models, ...shown.flatMap(({ settings }) => settings)];
	const [costs, qualities] = [points.map(({ cost }) => cost), points.map(({ quality }) => quality)];
	const range = { cost: [0, Math.max(...costs)], quality: [Math.min(...qualities) - 1, Math.max(...qualities) + 1] };
	const scale = (value: number, [low = 0, high = 1]: number[], from: number, to: number) =>
		(from + ((value - low) / (high - low)) * (to - from)).toFixed(1);
	const x = (cost: number) => scale(cost, range.cost, MARGIN.left, WIDTH - MARGIN.right);
	const y = (quality: number) => scale(quality, range.quality, HEIGHT - MARGIN.bottom, MARGIN.top);
	const path = (choices: readonly Choice[]) => choices.map(({ cost, quality }) => `${x(cost)},${y(quality)}`).join(' ');
	const byCost = (choices: readonly Choice[]) => [...choices].sort((a, b) => a.cost - b.cost);
	const text = (at: [number, number], label: string, more = '') =>
		`<text x="${at[0]}" y="${at[1]}" ${more}>${label}</text>`;
	return [
		`<g transform="translate(${place.x} ${place.y})">`,
		text([MARGIN.left, 18], pool, 'font-weight="bold"'),
		`<path d="M${MARGIN.left} ${MARGIN.top}V${HEIGHT - MARGIN.bottom}H${WIDTH - MARGIN.right}" fill="none" stroke="#9ca3af"/>`,
		text([MARGIN.left - 6, MARGIN.top + 8], (range.quality[1] ?? 0).toFixed(0), 'text-anchor="end"'),
		text([MARGIN.left - 6, HEIGHT - MARGIN.bottom], (range.quality[0] ?? 0).toFixed(0), 'text-anchor="end"'),
		text(
			[WIDTH - MARGIN.right, HEIGHT - MARGIN.bottom + 14],
			`$${(1000 * (range.cost[1] ?? 0)).toFixed(2)} per 1,000`,
			'text-anchor="end"',
		),
		`<polyline points="${path(byCost(models.filter(({ isOnHull }) => isOnHull)))}" fill="none" stroke="#111827" stroke-dasharray="4 3"/>`,
		...models.map(({ cost, quality }) => `<circle cx="${x(cost)}" cy="${y(quality)}" r="2.5" fill="#6b7280"/>`),
		...LINES.flatMap(([policy, color]) => {
			const line = shown.find((each) => each.policy === policy);
			return line === undefined
				? []
				: [`<polyline points="${path(byCost(line.settings))}" fill="none" stroke="${color}" stroke-width="1.5"/>`];
		}),
		'</g>',
	].join('\n');
}

/** Quality over cost of the policies with the workload known, beside the coin (dashed) and the single models (dots). */
export function drawPage(results: readonly PoolResult[]): string {
	const rows = Math.ceil(results.length / COLUMNS);
	const [width, height] = [COLUMNS * WIDTH, rows * HEIGHT + 30];
	const legend = LINES.map(([policy, color], index) => {
		const left = 20 + index * 145;
		return `<path d="M${left} ${height - 14}h20" stroke="${color}" stroke-width="2"/><text x="${left + 26}" y="${height - 10}">${policy}</text>`;
	});
	return [
		`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="sans-serif" font-size="11">`,
		'<title>Quality over cost with the workload known; dashed: the coin; dots: single models</title>',
		`<rect width="${width}" height="${height}" fill="#fff"/>`,
		...results.map((result, index) =>
			drawPool(result, { x: (index % COLUMNS) * WIDTH, y: Math.floor(index / COLUMNS) * HEIGHT }),
		),
		...legend,
		'</svg>\n',
	].join('\n');
}
