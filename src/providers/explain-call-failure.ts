import { maskSecrets } from '../util/index.ts';

/** How a deployment answered one small call. */
export interface DeploymentCheck {
	/** `warning`: it works, with something to know. `skipped`: nothing was called. */
	status: 'ok' | 'warning' | 'broken' | 'skipped';
	/** What was found, without secrets. */
	message: string;
	/** What to do about it. */
	fix?: string;
	/** The model that was called, by name. */
	model?: string;
	/** What it used, as the provider says. */
	tokens?: { input: number; output: number };
}

/** What was called. */
export interface FailedCheck {
	id: string;
	/** Names the credential without holding it. */
	credential: string;
	/** By the catalog's name. */
	model: string;
	/** By the deployment's. */
	modelId: string;
	timeoutMs: number;
}

/** What can be read off a failure of a client library, its causes included. */
interface Failure {
	status: number | null;
	codes: readonly string[];
	text: string;
	host: string | null;
}

const MAX_CAUSES = 6;

function fieldOf(value: unknown, name: string): unknown {
	return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

function causesOf(error: unknown): unknown[] {
	const causes: unknown[] = [];
	for (let cause = error; cause !== undefined && cause !== null && causes.length < MAX_CAUSES; ) {
		causes.push(cause);
		cause = fieldOf(cause, 'cause');
	}
	return causes;
}

function readFailure(error: unknown): Failure {
	const causes = causesOf(error);
	const texts = (name: string) =>
		causes.map((cause) => fieldOf(cause, name)).filter((text) => typeof text === 'string');
	const status = causes.map((cause) => fieldOf(cause, 'statusCode')).find((value) => typeof value === 'number');
	const url = texts('url')[0];
	return {
		status: typeof status === 'number' ? status : null,
		codes: [...texts('code'), ...texts('name')],
		text: [...texts('message'), ...texts('responseBody')].join(' '),
		host: url !== undefined && URL.canParse(url) ? new URL(url).host : null,
	};
}

type Explained = Pick<DeploymentCheck, 'status' | 'message' | 'fix'>;

/** How a credential is spoken of: its variable, or what stands for it. */
function named(credential: string): string {
	return credential.startsWith('env:') ? `the key in ${credential.slice(4)}` : `the credential (${credential})`;
}

function ofStatus(status: number, failure: Failure, call: FailedCheck): Explained | null {
	if (/insufficient_quota|credit balance|exceeded your current quota|billing/i.test(failure.text) || status === 402) {
		const fix = "Add credit at the provider's billing page, or raise the account's limit there.";
		return { status: 'broken', message: 'the account has no credit left, or its quota is used up', fix };
	}
	if (status === 401 || status === 403 || /api key not valid|invalid api key/i.test(failure.text)) {
		const fix =
			call.credential === 'none'
				? 'Name the variable of its key as "apiKey": "env:NAME".'
				: `Look at ${named(call.credential)}: it may be revoked, cut short, of another account, or lack a permission.`;
		return { status: 'broken', message: `${named(call.credential)} was refused (${status})`, fix };
	}
	if (status === 404) {
		const fix = `Write its id there under "models" of the deployment ({ "${call.model}": "…" }), or check the base URL.`;
		return { status: 'broken', message: `does not know the model "${call.modelId}" (404)`, fix };
	}
	if (status === 429) {
		const message = 'the key works, but its rate limit is reached at the moment (429)';
		return { status: 'warning', message, fix: 'Nothing: calls wait, or go to the next deployment.' };
	}
	if (status < 500) return null;
	const fix = "Try again in a while, and look at the provider's status page.";
	return { status: 'broken', message: `answered ${status}: it fails at the moment`, fix };
}

const NETWORK: ReadonlyArray<readonly [codes: RegExp, message: string, fix: string]> = [
	[
		/^(TimeoutError|ETIMEDOUT|UND_ERR_(HEADERS|BODY|CONNECT)_TIMEOUT)$/,
		'did not answer in time',
		'Check the network and the base URL, or allow more time with --timeout.',
	],
	[
		/^(ENOTFOUND|EAI_AGAIN)$/,
		'its host name is not known',
		'Check the base URL for a slip, and that names are resolved here (DNS).',
	],
	[/^ECONNREFUSED$/, 'nothing listens at its address', 'Start the server, or correct its port in the base URL.'],
	[
		/^(ECONNRESET|UND_ERR_SOCKET|EPIPE)$/,
		'the connection was cut',
		'Check a proxy or firewall between here and there.',
	],
	[
		/^(ENETUNREACH|EHOSTUNREACH)$/,
		'its network cannot be reached from here',
		'Check the network, a VPN, or a firewall.',
	],
	[
		/CERT|SSL|TLS|SELF_SIGNED|UNABLE_TO_VERIFY/,
		'its certificate is not trusted',
		'Check the clock, the base URL, and NODE_EXTRA_CA_CERTS for a company proxy.',
	],
	[
		/^ADDRESS_REFUSED$/,
		'its name leads into a private network',
		'If that is meant, add its host to gateway.allowedPrivateHosts.',
	],
	[
		/^redirect$/,
		'answered with a redirect, which is never followed',
		'Write the address it redirects to as the base URL.',
	],
];

function ofNetwork({ codes, text, host }: Failure): Explained | null {
	const found = NETWORK.find(([pattern]) => codes.some((code) => pattern.test(code)));
	const isRedirect = /redirect, which is never followed/.test(text);
	const [, message, fix] = found ?? (isRedirect ? NETWORK.at(-1) : undefined) ?? [];
	if (message === undefined || fix === undefined) return null;
	return { status: 'broken', message: host === null ? message : `${message} (${host})`, fix };
}

/** Why a check failed, in plain words without secrets, and what to do. */
export function explainCallFailure(error: unknown, call: FailedCheck): Explained {
	const failure = readFailure(error);
	const byStatus = failure.status === null ? null : ofStatus(failure.status, failure, call);
	const explained = byStatus ?? ofNetwork(failure);
	if (explained !== null) return explained;
	const said = maskSecrets((error instanceof Error ? error.message : String(error)).slice(0, 300));
	const what = failure.status === null ? said : `refused the test request (${failure.status}): ${said}`;
	const fix = `Call the model "${call.modelId}" there by hand to see more; "ROUTING_DEBUG=1" shows the details.`;
	return {
		status: 'broken',
		message: what,
		...(error instanceof Error && error.name === 'InvalidConfigError' ? {} : { fix }),
	};
}
