import type { ModelLifecycle } from '../contracts/index.ts';

/** The day on which the states below hold; what was announced for a later day comes by the clock. */
const AS_OF = '2026-11-24';

/** Where each fact was read, by the letter that stands behind it. */
const SOURCES: Readonly<Record<string, string>> = {
	a: 'https://platform.claude.com/docs/en/about-claude/model-deprecations and the overview page of the model (read 2026-11-29)',
	c: 'https://developers.openai.com/api/docs/changelog (read 2026-11-29)',
	d: 'https://developers.openai.com/api/docs/deprecations (read 2026-11-29)',
	g: 'https://ai.google.dev/gemini-api/docs/deprecations (read 2026-11-29)',
	h: 'https://ai.google.dev/gemini-api/docs/deprecations (as quoted by aideprecations.com, 2026-11-10)',
	i: 'https://developers.openai.com/api/docs/deprecations (as quoted by importstatic.com, 2026-10-15)',
	j: 'https://developers.openai.com/api/docs/deprecations (as quoted by spybara.com, 2026-04-23)',
	l: 'https://developers.openai.com/api/docs/guides/latest-model (read 2026-11-29)',
	m: 'https://models.dev (github.com/anomalyco/models.dev at f3fc692, 2026-07-02)',
	n: 'https://developers.openai.com/api/docs/deprecations (as quoted by dev.to/max_bob, 2026-10-28)',
	o: 'https://openrouter.ai/openai/gpt-5.6-terra (read 2026-11-29)',
	p: 'https://docs.laozhang.ai/en/announcements/gpt-6-launch-2026-09 (read 2026-11-29)',
	q: 'https://developers.openai.com/api/docs/deprecations (as quoted by dev.to/aidriftline, read 2026-11-29)',
	t: 'https://apidog.com/blog/gpt-6-1-terra-api/ (read 2026-11-29)',
	v: 'https://cloud.google.com/vertex-ai/generative-ai/docs/learn/model-versions (read 2026-11-24)',
	w: 'https://ai.google.dev/gemini-api/docs/whats-new-gemini-3.6 (read 2026-11-29)',
	x: 'https://ai.google.dev/gemini-api/docs/models (read 2026-11-24)',
};

/**
 * One model a line: released, end announced, end, successor, each with the letter of its source. An empty cell: nothing
 * is known of it. `-` as the day: it has come, and the day is not known. "Not sooner than" is no end.
 */
const ROWS = `
opus                   | 2025-11-24 a |              |              | claude-opus-5-5 a
sonnet                 | 2025-09-29 a | 2026-09-30 a | 2026-11-30 a | claude-sonnet-5-5 a
haiku                  | 2025-10-15 a |              |              | claude-haiku-5-5 a
claude-opus-4-6        | 2026-02-05 m |              |              |
claude-opus-4-7        | 2026-04-16 m |              |              |
claude-opus-4-8        | 2026-05-28 m |              |              |
claude-opus-5          | 2026-07-24 a |              |              | claude-opus-5-5 a
claude-opus-5-5        | 2026-09-22 a |              |              |
claude-sonnet-4-6      | 2026-02-17 m |              |              |
claude-sonnet-5        | 2026-06-30 m |              |              | claude-sonnet-5-5 a
claude-sonnet-5-5      | 2026-09-28 a |              |              |
claude-haiku-5-5       | 2026-10-07 a |              |              |
claude-fable-5         | 2026-06-09 a |              |              | claude-fable-5-1 a
claude-fable-5-1       | 2026-09-01 a |              |              |
gpt-4                  | 2024-04-09 m |              | 2026-10-23 i | gpt-5.6-sol i
gpt-3.5                | 2023-03-01 m | 2026-04-22 j | 2026-10-23 i | gpt-5.6-terra i
gpt-4o                 | 2024-08-06 m | 2026-10-14 i | 2027-01-14 i | gpt-6-luna i
gpt-4o-mini            | 2024-07-18 m | 2026-10-14 i | 2027-01-14 i | gpt-6-luna i
gpt-4.1                | 2025-04-14 m | 2026-10-14 i | 2027-01-14 i | gpt-6-luna i
gpt-4.1-mini           | 2025-04-14 m | 2026-10-14 i | 2027-01-14 i | gpt-6-luna i
gpt-4.1-nano           | 2025-04-14 m |              | 2026-10-23 i | gpt-6-luna i
gpt-5                  | 2025-08-07 m | 2026-06-11 d | 2026-12-11 d | gpt-6.1-sol d
gpt-5-mini             | 2025-08-07 m | 2026-06-11 d | 2026-12-11 d | gpt-6.1-terra d
gpt-5-nano             | 2025-08-07 m | 2026-06-11 d | 2026-12-11 d | gpt-6-luna d
gpt-5.1                | 2025-11-13 m |              | 2027-04-01 n | gpt-5.6-sol i
gpt-5.2                | 2025-12-11 m |              |              |
gpt-5.4                | 2026-03-05 m |              |              |
gpt-5.4-mini           | 2026-03-17 m |              |              |
gpt-5.4-nano           | 2026-03-17 m |              | 2027-04-01 q |
gpt-5.5                | 2026-04-23 m |              |              |
gpt-5.6-sol            | 2026-07-09 o |              |              | gpt-6.1-sol l
gpt-5.6-terra          | 2026-07-09 o |              |              | gpt-6.1-terra t
gpt-5.6-luna           | 2026-07-09 o |              |              | gpt-6-luna l
gpt-6-astra            | 2026-09-03 p |              |              |
gpt-6-sol              | 2026-09-22 p |              |              | gpt-6.1-sol l
gpt-6-luna             | 2026-09-22 p |              |              |
gpt-6.1-sol            | 2026-09-29 c |              |              |
gpt-6.1-terra          | 2026-10-26 t |              |              |
gemini-pro             |              |              | 2025-09-24 v | gemini-3.1-pro-preview v
gemini-flash           |              |              | 2025-09-24 v | gemini-3.8-flash v
gemini-2.5-pro         | 2025-06-17 g | - h          | 2026-12-01 h | gemini-3.8-flash h
gemini-2.5-flash       | 2025-06-17 g | - h          | 2026-12-01 h | gemini-3.5-flash-lite h
gemini-2.5-flash-lite  | 2025-07-22 g |              |              |
gemini-3.1-pro-preview | 2026-02-19 g |              |              |
gemini-3.1-flash-lite  | 2026-05-07 g |              | 2027-05-07 g | gemini-3.5-flash-lite g
gemini-3.5-flash       | 2026-05-19 g | - x          |              | gemini-3.6-flash x
gemini-3.5-flash-lite  | 2026-07-21 g |              |              |
gemini-3.6-flash       | 2026-07-21 g |              |              | gemini-3.8-flash w
gemini-3.8-flash       | 2026-09-02 g |              |              |
text-embedding-3-small | 2024-01-25 m |              |              |
text-embedding-3-large | 2024-01-25 m |              |              |
text-embedding-ada-002 | 2022-12-15 m |              |              |
gemini-embedding-001   | 2025-05-20 m |              |              |
`;

const FACTS = ['released', 'deprecated', 'retires', 'successor'] as const satisfies ReadonlyArray<
	keyof NonNullable<ModelLifecycle['sources']>
>;

function parseLifecycle(cells: readonly string[]): ModelLifecycle {
	const read = FACTS.flatMap((fact, place) => {
		const [value, letter = ''] = cells[place]?.split(' ') ?? [];
		return value === undefined || value === '' ? [] : [{ fact, value, source: SOURCES[letter] ?? '' }];
	});
	const get = (fact: (typeof FACTS)[number]): string | undefined =>
		read.find((each) => each.fact === fact && each.value !== '-')?.value;
	const [releasedOn, deprecatedOn, retiresOn, replacedBy] = FACTS.map(get);
	const isRetired = retiresOn !== undefined && retiresOn <= AS_OF;
	const isEnding = read.some(({ fact }) => fact === 'deprecated' || fact === 'retires');
	const since = isRetired ? retiresOn : deprecatedOn;
	return {
		state: isRetired ? 'retired' : isEnding ? 'deprecated' : 'active',
		...(since !== undefined && { since }),
		...(releasedOn !== undefined && { releasedOn }),
		...(deprecatedOn !== undefined && { deprecatedOn }),
		...(retiresOn !== undefined && { retiresOn }),
		...(replacedBy !== undefined && { replacedBy }),
		sources: Object.fromEntries(read.map(({ fact, source }) => [fact, source])),
	};
}

/** The life of the built-in models, by name. */
export const BUILTIN_LIFECYCLES: Readonly<Record<string, ModelLifecycle>> = Object.fromEntries(
	ROWS.trim()
		.split('\n')
		.map((line) => {
			const [name = '', ...cells] = line.split('|').map((cell) => cell.trim());
			return [name, parseLifecycle(cells)];
		}),
);
