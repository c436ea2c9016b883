import * as z from 'zod';
import { parseHttpAddress } from '../../util/index.ts';

const REFERENCE = /^env:[A-Za-z_][A-Za-z0-9_]{0,99}$/;

/** A secret by the variable that holds it. */
export function secretReference(example: string, meaning: string): z.ZodType<string> {
	return z
		.string()
		.regex(REFERENCE, {
			error: `must name an environment variable, e.g. "env:${example}": keys are never kept in this file`,
		})
		.describe(meaning);
}

/** The address of a server. */
export function httpAddress(meaning: string): z.ZodType<string> {
	return z
		.string()
		.max(2000)
		.refine((value) => parseHttpAddress(value) !== null, {
			error: 'must be an http or https address without a user name, password, query or fragment',
		})
		.describe(meaning);
}
