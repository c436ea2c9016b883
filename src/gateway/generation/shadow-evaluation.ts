import type { Clock } from '../../contracts/index.ts';
import { InvalidConfigError, isRouterError } from '../../errors/index.ts';
import type { DeploymentTable } from '../../providers/index.ts';
import type { GatewayState } from '../gateway-state.ts';
import { ShadowEvaluator } from './shadow-evaluator.ts';

/** What is known of a gateway. */
interface ServingGateway {
	runtime: GatewayState;
	deployments: DeploymentTable;
	queue: { readonly waiting: number };
}

/** The shadow evaluation of the configuration in force. */
export class ShadowEvaluation {
	/** `null`: no request is drawn. */
	current: ShadowEvaluator | null = null;

	/** Draws by the gateway's configuration from now on. @throws InvalidConfigError for a judge or models that cannot be */
	configure({ deployments, queue, runtime: { config, system } }: ServingGateway, clock: Clock): void {
		this.close().catch((error: unknown) => {
			system.logger.error('The shadow evaluation could not be closed', { error: String(error) });
		});
		if (config.shadow.share === 0) return;
		const options = { config: config.shadow, system, clock, queue, deployments: deployments.bindLogin(null) };
		try {
			this.current = new ShadowEvaluator(options);
		} catch (error) {
			if (!isRouterError(error)) throw error;
			throw new InvalidConfigError([{ path: 'gateway.shadow', message: error.message }], { cause: error });
		}
	}

	/** Compares nothing any more. */
	async close(): Promise<void> {
		const { current } = this;
		this.current = null;
		await current?.close();
	}
}
