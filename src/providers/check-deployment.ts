import type { DeploymentAccess, ModelProfile } from '../contracts/index.ts';
import { type DeploymentCheck, explainCallFailure } from './explain-call-failure.ts';
import type { Deployment } from './shared/deployment.ts';

/** Fewest output tokens that every API accepts as a limit. */
const MAX_OUTPUT_TOKENS = 16;
/** Milliseconds by which the provider's clock may differ before signatures and tokens are refused for it. */
const MAX_CLOCK_SKEW_MS = 60_000;

/** How a deployment is checked. */
export interface CheckDeploymentOptions {
	models: readonly ModelProfile[];
	/** Milliseconds the call may take. @default 20000 */
	timeoutMs?: number;
	/** Epoch milliseconds. @default Date.now() */
	now?: () => number;
}

/** The cheapest model that is served there and not on its way out; unpriced ones last. */
function cheapest(
	deployment: Deployment,
	models: readonly ModelProfile[],
): { profile: ModelProfile; id: string } | null {
	const cost = ({ costPer1kInputTokens, costPer1kOutputTokens }: ModelProfile) => {
		const sum = costPer1kInputTokens + costPer1kOutputTokens;
		return Number.isNaN(sum) ? Number.POSITIVE_INFINITY : sum;
	};
	const served = models.flatMap((profile) => {
		const id = deployment.modelIdOf(profile);
		return id === null ? [] : [{ profile, id, isActive: (profile.lifecycle?.state ?? 'active') === 'active' }];
	});
	const active = served.filter(({ isActive }) => isActive);
	const [best] = (active.length > 0 ? active : served).sort((a, b) => cost(a.profile) - cost(b.profile));
	return best ?? null;
}

function skewOf(headers: Readonly<Record<string, string>> | undefined, now: number): string | null {
	const theirs = Date.parse(headers?.['date'] ?? '');
	const skew = Math.abs(now - theirs);
	if (Number.isNaN(skew) || skew <= MAX_CLOCK_SKEW_MS) return null;
	return `this machine's clock is ${Math.round(skew / 1000)} s ${now > theirs ? 'ahead of' : 'behind'} the provider's`;
}

/** Calls a deployment's cheapest model once, with the shortest answer there is, and says what is wrong and what to do. */
export async function checkDeployment(
	deployment: Deployment,
	access: Pick<DeploymentAccess, 'id' | 'kind' | 'credential'>,
	options: CheckDeploymentOptions,
): Promise<DeploymentCheck> {
	const now = options.now ?? (() => Date.now());
	const chosen = cheapest(deployment, options.models);
	if (chosen === null) {
		const fix = 'List its models under "models" of the deployment, or add the models of its provider under "models".';
		return { status: 'warning', message: 'serves no model of the catalog: nothing is ever sent there', fix };
	}
	const { timeoutMs = 20_000 } = options;
	const startedAt = now();
	const model = chosen.profile.name;
	try {
		const languageModel = await deployment.languageModel(chosen.id);
		const { usage, response } = await languageModel.doGenerate({
			prompt: [{ role: 'user', content: [{ type: 'text', text: 'Reply with: ok' }] }],
			maxOutputTokens: MAX_OUTPUT_TOKENS,
			abortSignal: AbortSignal.timeout(timeoutMs),
		});
		const tokens = { input: usage.inputTokens.total ?? 0, output: usage.outputTokens.total ?? 0 };
		const answered = `${model} (${chosen.id}) answered in ${now() - startedAt} ms`;
		const skew = skewOf(response?.headers, now());
		if (skew === null) return { status: 'ok', message: answered, model, tokens };
		const fix = 'Set the clock (NTP): signed requests and tokens are refused when it is wrong.';
		return { status: 'warning', message: `${answered}; ${skew}`, fix, model, tokens };
	} catch (error) {
		return { ...explainCallFailure(error, { ...access, model, modelId: chosen.id, timeoutMs }), model };
	}
}
