import type { SharedV4ProviderMetadata } from '@ai-sdk/provider';
import { sealMetadata } from '../shared/seal-metadata.ts';
import type { JsonObject } from '../shared/usage-fields.ts';

function textOf(value: unknown): string | null {
	return typeof value === 'string' && value !== '' ? value : null;
}

/** The signature of a thinking block: Anthropic's own, else what the maker of the reasoning needs to read it again. */
export function signatureOf(metadata: SharedV4ProviderMetadata | undefined): string {
	return textOf(metadata?.['anthropic']?.['signature']) ?? sealMetadata(metadata) ?? '';
}

/** The block of reasoning that Anthropic keeps to itself; `null` for reasoning that can be read. */
export function redactedBlockOf(metadata: SharedV4ProviderMetadata | undefined): JsonObject | null {
	const data = textOf(metadata?.['anthropic']?.['redactedData']);
	return data === null ? null : { type: 'redacted_thinking', data };
}
