import * as z from 'zod';
import type { ProviderName, ProviderSettings } from '../switchyard-config.ts';
import { httpAddress, secretReference } from './env-reference.ts';
import { partialShape, type ShapeOf } from './shape.ts';

const settings = z.strictObject(
	partialShape({
		apiKey: secretReference(
			'ANTHROPIC_API_KEY',
			'Environment variable that holds the key, as env:NAME; never the key itself',
		),
		baseUrl: httpAddress("Address that takes the place of the provider's own"),
	} satisfies ShapeOf<Required<ProviderSettings>>),
);

const shape = { anthropic: settings, openai: settings, google: settings } satisfies ShapeOf<
	Record<ProviderName, ProviderSettings>
>;

/** How each provider is reached. */
export const providersSchema: z.ZodType<Partial<Record<ProviderName, ProviderSettings>>> = z
	.strictObject(partialShape(shape))
	.describe('How each provider is reached');
