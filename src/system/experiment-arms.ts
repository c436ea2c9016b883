import type {
	ExperimentArm,
	ExperimentDefinition,
	ModelName,
	RouterConfig,
	RoutingDecision,
	TaskDescriptor,
} from '../contracts/index.ts';
import { InvalidInputError, isRouterError, NoEligibleModelError } from '../errors/index.ts';
import { hashText } from '../util/index.ts';
import { toArmConfig } from './experiment-definition.ts';
import { ModelRouter, type ModelRouterOptions } from './model-router.ts';
import type { RouteOptions } from './options.ts';

/** A unit that was drawn into an arm. */
interface DrawnUnit {
	/** Salted hash of the conversation or key. */
	unit: string;
	/** The random number in [0, 1) that decided. */
	draw: number;
	arm: number;
}

/** The conversation or key of a request, where experiments may decide it; `null` where its model is not for them to choose. */
export function getUnit(
	{ complexity, constraints }: TaskDescriptor,
	{ attribution, policy }: RouteOptions,
	{ definition, newId }: { definition: ExperimentDefinition; newId: () => string },
): string | null {
	// the caller has named a model, a policy, or what the answer may cost
	const isAsked =
		policy !== undefined ||
		constraints?.preferredModel !== undefined ||
		constraints?.maxCost !== undefined ||
		constraints?.willingnessToPay !== undefined;
	if (isAsked || complexity === 'critical') return null;
	const { key, session } = attribution ?? {};
	if (definition.unit === 'key') return key ?? null;
	// a request without a conversation is one of its own
	return session === undefined ? newId() : JSON.stringify([key ?? null, session]);
}

/** An arm, and what decides its requests. */
interface DecidingArm {
	arm: ExperimentArm;
	router: ModelRouter;
}

/** The arms of an experiment as this process decides them. */
export interface ExperimentArms {
	readonly routers: readonly ModelRouter[];
	/** Of each arm's policy with weights and default model; then of the configured one, where an arm falls back on it. */
	readonly policyHashes: readonly string[];
	/** Draws a unit: always the same for one salt, whichever process draws. */
	draw(unit: string, salt: string): DrawnUnit;
	/** The decision of the arm that a unit was drawn into. @throws what routing throws */
	decide(
		drawn: DrawnUnit,
		descriptor: TaskDescriptor,
		unservable: ReadonlyMap<ModelName, string> | undefined,
	): RoutingDecision;
}

/** 2 ** 53: what `hashText` has as many values. */
const HASHES = 9_007_199_254_740_992;

/** Makes the routers of an experiment's arms. @throws InvalidInputError for an arm that cannot be */
export function createExperimentArms(
	definition: ExperimentDefinition,
	config: RouterConfig,
	options: ModelRouterOptions,
): ExperimentArms {
	const arms = definition.arms.map((arm): DecidingArm => {
		try {
			return { arm, router: new ModelRouter(toArmConfig(config, arm), options) };
		} catch (error) {
			if (!isRouterError(error)) throw error;
			throw new InvalidInputError(`Arm "${arm.name}" cannot be: ${error.message}`, { cause: error });
		}
	});
	const configured = new ModelRouter(toArmConfig(config, { name: '', share: 0 }), options);
	const decideArm = ({ arm, router }: DecidingArm, ...request: Parameters<ModelRouter['route']>): RoutingDecision => {
		if (arm.model === undefined) return router.route(...request);
		// whoever is drawn is answered: by another model where the arm's cannot, or has failed
		const usual = configured.route(...request);
		try {
			const decision = router.route(...request);
			const others = usual.fallbackChain.filter((name) => name !== decision.model.name);
			const chain = [decision.model.name, ...others].slice(0, Math.max(1, usual.fallbackChain.length));
			return { ...decision, fallbackChain: chain };
		} catch (error) {
			if (!(error instanceof NoEligibleModelError)) throw error;
			usual.reasoning.push(`${arm.model} cannot answer this request: ${error.message.split('\n')[0]}`);
			return usual;
		}
	};
	return {
		routers: [configured, ...arms.map(({ router }) => router)],
		policyHashes: [
			...arms.map(({ router }) => router.policyHash),
			...(definition.arms.some(({ model }) => model !== undefined) ? [configured.policyHash] : []),
		],
		draw(unit, salt) {
			const draw = Number.parseInt(hashText(`draw ${salt} ${unit}`), 16) / HASHES;
			let [arm, sum] = [0, 0];
			for (const [index, { share }] of definition.arms.entries()) {
				// rounding must not leave the last of them out
				if (share > 0) arm = index;
				sum += share;
				if (draw < sum) break;
			}
			return { unit: hashText(`unit ${salt} ${unit}`), draw, arm };
		},
		decide({ arm: index, draw, unit }, descriptor, unservable) {
			const propensities: Record<string, number> = {};
			let own: RoutingDecision | null = null;
			for (const [other, each] of arms.entries()) {
				if (each.arm.share === 0) continue;
				const decision = decideArm(each, descriptor, unservable);
				const { name } = decision.model;
				propensities[name] = (propensities[name] ?? 0) + each.arm.share;
				if (other === index) own = decision;
			}
			const { name: arm, promptAdaptation, share: probability } = definition.arms[index] as ExperimentArm;
			// the arm that was drawn is one of those with a share
			const decision = own as RoutingDecision;
			decision.reasoning.push(`Experiment ${definition.name}: arm "${arm}", drawn with probability ${probability}`);
			const isOpen = Object.keys(propensities).length > 1;
			return {
				...decision,
				...(isOpen && {
					propensity: propensities[decision.model.name] ?? 1,
					propensityKind: 'exact',
					chance: { propensities, draw },
				}),
				experiment: {
					name: definition.name,
					unit,
					arm,
					probability,
					...(promptAdaptation !== undefined && { promptAdaptation }),
				},
			};
		},
	};
}
