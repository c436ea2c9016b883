import type { LanguageModelV4, LanguageModelV4GenerateResult } from '@ai-sdk/provider';
import type { ModelProfile } from '../contracts/index.ts';
import { InvalidConfigError } from '../errors/index.ts';
import { redactSecrets, SYSTEM_CLOCK } from '../util/index.ts';
import type { Deployment } from './deployment.ts';
import { type FailureMeaning, KIND_DEFINITIONS } from './kinds/index.ts';

/** Fewest output tokens that every API accepts as a limit. */
const MAX_OUTPUT_TOKENS = 16;
/** Milliseconds by which the provider's clock may differ before signatures and tokens are refused for it. */
const MAX_CLOCK_SKEW_MS = 60_000;

/** How a deployment is checked. */
interface CheckDeploymentOptions {
	models: readonly ModelProfile[];
	/** Milliseconds the call may take. @default 20000 */
	timeoutMs?: number | undefined;
	/** Epoch milliseconds. @default the machine's clock */
	now?: (() => number) | undefined;
}

/** The cheapest chat model that is served there and not on its way out; unpriced ones last. */
function findCheapestModel(
	deployment: Deployment,
	models: readonly ModelProfile[],
): { profile: ModelProfile; id: string } | null {
	const cost = ({ costPer1kInputTokens, costPer1kOutputTokens }: ModelProfile) => {
		const sum = costPer1kInputTokens + costPer1kOutputTokens;
		return Number.isNaN(sum) ? Number.POSITIVE_INFINITY : sum;
	};
	const served = models.flatMap((profile) => {
		const id = profile.kind === 'embedding' ? null : deployment.getModelId(profile);
		return id === null ? [] : [{ profile, id, isActive: (profile.lifecycle?.state ?? 'active') === 'active' }];
	});
	const active = served.filter(({ isActive }) => isActive);
	const [best] = (active.length > 0 ? active : served).sort((a, b) => cost(a.profile) - cost(b.profile));
	return best ?? null;
}

function describeClockSkew(headers: Readonly<Record<string, string>> | undefined, now: number): string | null {
	const theirs = Date.parse(headers?.['date'] ?? '');
	const skew = Math.abs(now - theirs);
	if (Number.isNaN(skew) || skew <= MAX_CLOCK_SKEW_MS) return null;
	return `this machine's clock is ${Math.round(skew / 1000)} s ${now > theirs ? 'ahead of' : 'behind'} the provider's`;
}

/**
 * One short answer. Where the endpoint refuses the limit of its length, which has two names, it is asked for without: its
 * requests in earnest are fitted to the model.
 */
async function askBriefly(model: LanguageModelV4, abortSignal: AbortSignal): Promise<LanguageModelV4GenerateResult> {
	const call = {
		prompt: [{ role: 'user' as const, content: [{ type: 'text' as const, text: 'Reply with: ok' }] }],
		abortSignal,
	};
	try {
		return await model.doGenerate({ ...call, maxOutputTokens: MAX_OUTPUT_TOKENS });
	} catch (error) {
		const { status, text } = parseFailure(error);
		if (status !== 400 || !/max_(completion_|output_)?tokens/.test(text)) throw error;
		return await model.doGenerate(call);
	}
}

/** Calls a deployment's cheapest model once, with the shortest answer there is, and says what is wrong and what to do. */
export async function checkDeployment(
	deployment: Deployment,
	options: CheckDeploymentOptions,
): Promise<DeploymentCheck> {
	const now = options.now ?? SYSTEM_CLOCK.now;
	if (deployment.isCallersLogin === true)
		return { status: 'skipped', message: 'is called with the login of a client only: nothing was called' };
	const chosen = findCheapestModel(deployment, options.models);
	if (chosen === null) {
		const fix = 'List its models under "models" of the deployment, or add the models of its provider under "models".';
		return { status: 'warning', message: 'serves no model of the catalog: nothing is ever sent there', fix };
	}
	const { timeoutMs = 20_000 } = options;
	const startedAt = now();
	const model = chosen.profile.name;
	try {
		const languageModel = await deployment.languageModel(chosen.id);
		const { usage, response } = await askBriefly(languageModel, AbortSignal.timeout(timeoutMs));
		const tokens = { input: usage.inputTokens.total ?? 0, output: usage.outputTokens.total ?? 0 };
		const named = model === chosen.id ? model : `${model} (${chosen.id})`;
		const answered = `${named} answered in ${now() - startedAt} ms`;
		const skew = describeClockSkew(response?.headers, now());
		if (skew === null) return { status: 'ok', message: answered, model, tokens };
		const fix = 'Set the clock (NTP): signed requests and tokens are refused when it is wrong.';
		return { status: 'warning', message: `${answered}; ${skew}`, fix, model, tokens };
	} catch (error) {
		return { ...explainCallFailure(error, { credential: deployment.credential, model, modelId: chosen.id }), model };
	}
}

/** How a deployment answered one small call. */
export interface DeploymentCheck {
	/** `warning`: it works, with something to know. `skipped`: nothing was called. */
	status: 'ok' | 'warning' | 'broken' | 'skipped';
	/** What was found, without secrets. */
	message: string;
	/** What to do about it. */
	fix?: string | undefined;
	/** The model that was called, by name. */
	model?: string | undefined;
	/** What it used, as the provider says. */
	tokens?: { input: number; output: number };
}

/** What was called. */
interface CheckedCall {
	/** Names the credential without holding it. */
	credential: string;
	/** By the catalog's name. */
	model: string;
	/** By the deployment's. */
	modelId: string;
}

/** What can be read off a failure of a client library, its causes included. */
interface Failure {
	status: number | null;
	codes: readonly string[];
	text: string;
	host: string | null;
}

const MAX_CAUSES = 6;

function getField(value: unknown, name: string): unknown {
	return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

function listCauses(error: unknown): unknown[] {
	const causes: unknown[] = [];
	for (let cause = error; cause !== undefined && cause !== null && causes.length < MAX_CAUSES; ) {
		causes.push(cause);
		cause = getField(cause, 'cause');
	}
	return causes;
}

function parseFailure(error: unknown): Failure {
	const causes = listCauses(error);
	const texts = (name: string) =>
		causes.map((cause) => getField(cause, name)).filter((text) => typeof text === 'string');
	const status = causes.map((cause) => getField(cause, 'statusCode')).find((value) => typeof value === 'number');
	const url = texts('url')[0];
	return {
		status: typeof status === 'number' ? status : null,
		codes: [...texts('code'), ...texts('name')],
		text: [...texts('message'), ...texts('responseBody')].join(' '),
		host: url !== undefined && URL.canParse(url) ? new URL(url).host : null,
	};
}

type CallFailure = Pick<DeploymentCheck, 'status' | 'message' | 'fix'>;

/** A credential as messages name it: by its variable where it has one. */
function describeCredential(credential: string): string {
	return credential.startsWith('env:') ? `the key in ${credential.slice(4)}` : `the credential (${credential})`;
}

/** What the text of an error means where its status does not tell; every kind's texts count, for endpoints relay others' errors. */
function explainText(text: string): FailureMeaning | undefined {
	const texts = Object.values(KIND_DEFINITIONS).flatMap(({ explain }) => explain);
	return texts.find(([pattern]) => pattern.test(text))?.[1];
}

function explainStatus(status: number, failure: Failure, call: CheckedCall): CallFailure | null {
	const meaning = explainText(failure.text);
	if (meaning === 'no-credit' || status === 402) {
		const fix = "Add credit at the provider's billing page, or raise the account's limit there.";
		return { status: 'broken', message: 'the account has no credit left, or its quota is used up', fix };
	}
	if (status === 401 || status === 403 || meaning === 'key-refused') {
		const fix =
			call.credential === 'none'
				? 'Name the variable of its key as "apiKey": "env:NAME".'
				: `Look at ${describeCredential(call.credential)}: it may be revoked, cut short, of another account, or lack a permission.`;
		return { status: 'broken', message: `${describeCredential(call.credential)} was refused (${status})`, fix };
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

const NETWORK_ERRORS: ReadonlyArray<readonly [codes: RegExp, message: string, fix: string]> = [
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
		/^PROXY_REFUSED$/,
		'the proxy did not open the way to it',
		'Look at the proxy in HTTPS_PROXY: it may need a user name and password, or not allow this host.',
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

function explainNetworkError({ codes, text, host }: Failure): CallFailure | null {
	const found = NETWORK_ERRORS.find(([pattern]) => codes.some((code) => pattern.test(code)));
	const isRedirect = /redirect, which is never followed/.test(text);
	const [, message, fix] = found ?? (isRedirect ? NETWORK_ERRORS.at(-1) : undefined) ?? [];
	if (message === undefined || fix === undefined) return null;
	return { status: 'broken', message: host === null ? message : `${message} (${host})`, fix };
}

/** Why a check failed, in plain words without secrets, and what to do. */
function explainCallFailure(error: unknown, call: CheckedCall): CallFailure {
	const failure = parseFailure(error);
	const byStatus = failure.status === null ? null : explainStatus(failure.status, failure, call);
	const explained = byStatus ?? explainNetworkError(failure);
	if (explained !== null) return explained;
	const text = redactSecrets((error instanceof Error ? error.message : String(error)).slice(0, 300));
	const message = failure.status === null ? text : `refused the test request (${failure.status}): ${text}`;
	if (error instanceof InvalidConfigError) return { status: 'broken', message };
	const fix = `Call the model "${call.modelId}" there by hand to see more; "ROUTING_DEBUG=1" shows the details.`;
	return { status: 'broken', message, fix };
}
