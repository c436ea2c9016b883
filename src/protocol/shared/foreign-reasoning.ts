import type { SharedV4ProviderMetadata } from '@ai-sdk/provider';
import { openMetadata, sealMetadata } from './seal-metadata.ts';
import { objectsIn } from './stream-usage.ts';

/** Reasoning of a provider whose format is not the caller's, as a caller keeps it between turns. */
export interface ForeignReasoning {
	text: string;
	/** What its maker signed it with. */
	metadata: SharedV4ProviderMetadata;
}

const MARK = 'switchyard:';
/** How base64 of the mark begins. */
const SIGN = 'c3dpdGNoeWFy';

/** A signature in base64, as Google's libraries expect, that a caller hands back with the conversation; reasoning that nobody signed is left out. */
export function signForeignReasoning(reasoning: readonly ForeignReasoning[]): string {
	const sealed = reasoning.flatMap(({ text, metadata }) => {
		const seal = sealMetadata(metadata);
		return seal === null ? [] : [{ text, seal }];
	});
	return Buffer.from(MARK + JSON.stringify(sealed), 'utf8').toString('base64');
}

/** True for a signature that this package made. */
export function isForeignSignature(signature: unknown): signature is string {
	return typeof signature === 'string' && signature.startsWith(SIGN);
}

/** The reasoning behind a signature; `null` for one that this package did not make or that was changed. */
export function readForeignReasoning(signature: unknown): ForeignReasoning[] | null {
	if (!isForeignSignature(signature)) return null;
	try {
		const said: unknown = JSON.parse(Buffer.from(signature, 'base64').toString('utf8').slice(MARK.length));
		return objectsIn(said).flatMap(({ text, seal }) => {
			const metadata = openMetadata(seal);
			return metadata === null ? [] : [{ text: typeof text === 'string' ? text : '', metadata }];
		});
	} catch (error) {
		if (error instanceof SyntaxError) return null;
		throw error;
	}
}
