import { BoundedMap, hashText } from '../util/index.ts';

/** A deployment among those of one priority. */
export interface BalancedDeployment {
	id: string;
	/** Share of the requests that it is meant for, > 0. */
	weight: number;
	/** Calls under way there. */
	inFlight: number;
	/** Tokens that its provider still allows; `null` where it does not say. */
	tokensLeft: number | null;
}

/** Turns that are remembered, per model and deployment. */
const MAX_TURNS = 1000;
/** A deployment whose tokens are used up counts for this share of its weight at least: its limit alone says when it may be called. */
const LEAST_SHARE = 0.01;
const HASH_BITS = 53;

/**
 * Orders the deployments of one priority. A session stays at one deployment, whose prompt cache holds its conversation;
 * sessions are spread by weight, without being remembered. Other requests go where the fewest calls are under way for
 * their weight, and in turns by weight where these are equal; the weight falls with the tokens that a provider still allows.
 */
export class DeploymentBalancer {
	/** Credit of smooth round-robin: it grows by the weight, and falls by all weights when its turn has come. */
	readonly #credit = new BoundedMap<string, number>(MAX_TURNS);

	/** @param session whose conversation it is; `null`: nobody says */
	order(model: string, deployments: readonly BalancedDeployment[], session: string | null): string[] {
		if (session !== null) return orderBySession(deployments, session);
		const mostTokens = Math.max(...deployments.map(({ tokensLeft }) => tokensLeft ?? 0), 1);
		const shares = deployments.map((deployment) => {
			const share = Math.max((deployment.tokensLeft ?? mostTokens) / mostTokens, LEAST_SHARE);
			return { ...deployment, key: `${deployment.id}\n${model}`, weight: deployment.weight * share };
		});
		const loads = shares.map((share) => ({ ...share, load: share.inFlight / share.weight, credit: this.#earn(share) }));
		loads.sort((a, b) => a.load - b.load || b.credit - a.credit);
		const [first] = loads;
		const total = shares.reduce((sum, { weight }) => sum + weight, 0);
		if (first !== undefined) this.#credit.set(first.key, first.credit - total);
		return loads.map(({ id }) => id);
	}

	#earn({ key, weight }: { key: string; weight: number }): number {
		const credit = (this.#credit.peek(key) ?? 0) + weight;
		this.#credit.set(key, credit);
		return credit;
	}
}

/** Weighted rendezvous hashing: a deployment that comes or goes moves its own share of the sessions only. */
function orderBySession(deployments: readonly BalancedDeployment[], session: string): string[] {
	const ranked = deployments.map(({ id, weight }) => {
		const fraction = (Number.parseInt(hashText(`${session}\n${id}`), 16) + 1) / (2 ** HASH_BITS + 1);
		return { id, rank: -Math.log(fraction) / weight };
	});
	return ranked.sort((a, b) => a.rank - b.rank).map(({ id }) => id);
}
