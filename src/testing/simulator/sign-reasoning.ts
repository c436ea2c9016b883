import { createHash } from 'node:crypto';

const PREFIX = 'simulated-signature';

function digest(text: string): string {
	return createHash('sha256').update(text).digest('hex');
}

/** What proves that a model has thought a text; holds the text, as encrypted reasoning does. */
export function signReasoning(model: string, text: string): string {
	return Buffer.from(`${PREFIX} ${digest(`${model}\n${text}`)} ${text}`).toString('base64');
}

/** Whether a signature is this model's and unchanged; with `text`, also whether it is that of the text. */
export function isSignedBy(model: string, signature: string, text?: string): boolean {
	const signed = Buffer.from(signature, 'base64').toString('utf8');
	const [, proof = '', held = ''] = /^simulated-signature ([0-9a-f]{64}) (.*)$/s.exec(signed) ?? [];
	return proof === digest(`${model}\n${held}`) && (text === undefined || text === held);
}
