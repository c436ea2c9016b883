import * as z from 'zod';
import type { ProviderName, ProviderSettings } from '../switchyard-config.ts';
import { partialShape, type ShapeOf } from './shape.ts';

const REFERENCE = /^env:[A-Za-z_][A-Za-z0-9_]{0,99}$/;

function isPlainAddress(value: string): boolean {
	if (!URL.canParse(value)) return false;
	const url = new URL(value);
	return (url.protocol === 'https:' || url.protocol === 'http:') && url.username === '' && url.password === '';
}

const settings = z.strictObject(
	partialShape({
		apiKey: z
			.string()
			.regex(REFERENCE, {
				error: 'must name an environment variable, e.g. "env:ANTHROPIC_API_KEY": keys are never kept in this file',
			})
			.describe('Environment variable that holds the key, as env:NAME; never the key itself'),
		baseUrl: z
			.string()
			.max(2000)
			.refine(isPlainAddress, { error: 'must be an http or https address without a user name or password' })
			.describe("Address that takes the place of the provider's own"),
	} satisfies ShapeOf<Required<ProviderSettings>>),
);

const shape = { anthropic: settings, openai: settings, google: settings } satisfies ShapeOf<
	Record<ProviderName, ProviderSettings>
>;

/** How each provider is reached. */
export const providersSchema: z.ZodType<Partial<Record<ProviderName, ProviderSettings>>> = z
	.strictObject(partialShape(shape))
	.describe('How each provider is reached');
