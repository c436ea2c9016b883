import type { SharedV4ProviderMetadata } from '@ai-sdk/provider';
import { objectsIn } from './stream-usage.ts';
import { isObject } from './usage-fields.ts';

/** Reasoning of a provider whose format is not the caller's, as a caller keeps it between turns. */
export interface ForeignReasoning {
	text: string;
	/** What its maker needs to read it again. */
	metadata: SharedV4ProviderMetadata;
}

const MARK = 'switchyard:';
/** How base64 of the mark begins. */
const SIGN = 'c3dpdGNoeWFy';

/** True where the maker of reasoning said something only it can read. */
export function hasMetadata(metadata: SharedV4ProviderMetadata | undefined): metadata is SharedV4ProviderMetadata {
	return Object.values(metadata ?? {}).some((value) => Object.keys(value).length > 0);
}

/** A signature that a caller hands back with the conversation; base64, as callers' libraries expect. */
export function signForeignReasoning(reasoning: readonly ForeignReasoning[]): string {
	return Buffer.from(MARK + JSON.stringify(reasoning), 'utf8').toString('base64');
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
		return objectsIn(said).map(({ text, metadata }) => ({
			text: typeof text === 'string' ? text : '',
			// objects of objects out of JSON are metadata
			metadata:
				isObject(metadata) && Object.values(metadata).every(isObject) ? (metadata as SharedV4ProviderMetadata) : {},
		}));
	} catch (error) {
		if (error instanceof SyntaxError) return null;
		throw error;
	}
}
