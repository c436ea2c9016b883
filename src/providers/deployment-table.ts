import type { ModelName, ModelProfile, WireFormatName } from '../contracts/index.ts';
import { InvalidInputError, RequestRefusedError } from '../errors/index.ts';
import type { Deployment } from './deployment.ts';

/** What one request may call of a table. */
interface TableSelection {
	/** Ids of deployments that are tried in the order of the table, whatever their priority. @default none */
	ordered?: readonly string[];
	/** Each model is called at its first deployment only. @default false */
	isFirstOnly?: boolean;
}

/** What reverse proxies add: a request with one of these came from elsewhere, though its connection is of this machine. */
const FORWARDING_HEADERS = [
	'via',
	'forwarded',
	'x-forwarded-for',
	'x-forwarded-host',
	'x-forwarded-proto',
	'x-forwarded-server',
	'x-real-ip',
	'x-client-ip',
	'true-client-ip',
	'cf-connecting-ip',
] as const;

/** Where each model is served, in the order in which its deployments are tried. */
export class DeploymentTable {
	readonly #deployments: readonly Deployment[];
	readonly #findModel: (name: ModelName) => ModelProfile | undefined;
	readonly #models: readonly ModelProfile[];
	readonly #ordered: ReadonlySet<string>;
	readonly #isFirstOnly: boolean;
	#withoutLogin: readonly ModelName[] = [];
	readonly #byId: ReadonlyMap<string, Deployment>;
	readonly #idsByModel: ReadonlyMap<ModelName, readonly string[]>;
	/** What `groupsServing` has answered of the models that are listed. */
	readonly #groupsByModel = new Map<ModelName, readonly (readonly Deployment[])[]>();

	/** @param findModel finds models that are not listed, which callers named by an id of a known family */
	constructor(
		deployments: readonly Deployment[],
		models: readonly ModelProfile[],
		findModel: (name: ModelName) => ModelProfile | undefined = () => undefined,
		{ isFirstOnly = false, ordered = [] }: TableSelection = {},
	) {
		this.#deployments = deployments;
		this.#findModel = findModel;
		this.#models = models;
		this.#ordered = new Set(ordered);
		this.#isFirstOnly = isFirstOnly;
		this.#byId = new Map(deployments.map((deployment) => [deployment.id, deployment]));
		this.#idsByModel = new Map(models.map((profile) => [profile.name, this.#listServing(profile)]));
	}

	find(id: string): Deployment | undefined {
		return this.#byId.get(id);
	}

	idsServing(model: ModelName): readonly string[] {
		const known = this.#idsByModel.get(model);
		if (known !== undefined) return known;
		const profile = this.#findModel(model);
		return profile === undefined ? [] : this.#listServing(profile);
	}

	/** The same in groups of one priority, whose order is open; a deployment without a priority is a group of its own. */
	groupsServing(model: ModelName): readonly (readonly Deployment[])[] {
		const known = this.#groupsByModel.get(model);
		if (known !== undefined) return known;
		const groups = this.#listGroups(model);
		// others have names that callers made up
		if (this.#idsByModel.has(model)) this.#groupsByModel.set(model, groups);
		return groups;
	}

	#listGroups(model: ModelName): Deployment[][] {
		const groups: Deployment[][] = [];
		for (const id of this.idsServing(model)) {
			const deployment = this.find(id);
			if (deployment === undefined) continue;
			const last = groups.at(-1);
			const isAlone = this.#ordered.has(id) || this.#ordered.has(last?.[0]?.id ?? '');
			const isShared = !isAlone && deployment.priority !== undefined && last?.[0]?.priority === deployment.priority;
			if (isShared) last?.push(deployment);
			else groups.push([deployment]);
		}
		return groups;
	}

	#listServing(profile: ModelProfile): string[] {
		const ids = this.#deployments.filter((deployment) => deployment.getModelId(profile) !== null).map(({ id }) => id);
		return this.#isFirstOnly ? ids.slice(0, 1) : ids;
	}

	/** Names the credential of a deployment without holding it. */
	getCredential(id: string | null): string | undefined {
		return id === null ? undefined : this.#byId.get(id)?.credential;
	}

	/** All deployments, in the order in which they are tried. */
	list(): readonly Deployment[] {
		return this.#deployments;
	}

	/** The table of one request that may call only these, in this order. */
	select(deployments: readonly Deployment[], selection: TableSelection): DeploymentTable {
		const table = new DeploymentTable(deployments, this.#models, this.#findModel, selection);
		table.#withoutLogin = this.#withoutLogin;
		return table;
	}

	/** Names of the models that only a login of the caller's client could serve, which this request has not. */
	get modelsWithoutLogin(): readonly ModelName[] {
		return this.#withoutLogin;
	}

	/**
	 * The table of one request: deployments that need the login of its client have it, or are not there.
	 * @throws RequestRefusedError (`ROUTER_FORBIDDEN`) for a login that came from another machine
	 */
	bindLogin(request: Parameters<NonNullable<Deployment['login']>['bind']>[0] | null): DeploymentTable {
		if (!this.#deployments.some(({ login }) => login !== undefined)) return this;
		const forwarding =
			request === null ? undefined : FORWARDING_HEADERS.find((name) => request.headers[name] !== undefined);
		const bound = this.#deployments.flatMap((deployment) => {
			const { login } = deployment;
			return login === undefined ? [deployment] : request === null ? [] : (login.bind(request) ?? []);
		});
		if (forwarding !== undefined && bound.some(({ isCallersLogin }) => isCallersLogin === true))
			throw new RequestRefusedError(
				'ROUTER_FORBIDDEN',
				`The request came through a proxy (it has "${forwarding}"), and carries the login of a plan: logins are passed on for clients on this machine only. Call the gateway directly, or with a key of a deployment that has one.`,
			);
		const table = new DeploymentTable(bound, this.#models, this.#findModel);
		table.#withoutLogin = this.servedModels.filter((name) => table.idsServing(name).length === 0);
		return table;
	}

	/** Names of the models that some deployment serves. */
	get servedModels(): ModelName[] {
		return [...this.#idsByModel].filter(([, ids]) => ids.length > 0).map(([name]) => name);
	}

	/**
	 * The deployment of an attempt and the model's id there.
	 * @throws InvalidInputError (`ROUTER_INVALID_INPUT`) for a model that is not served there: no retry helps
	 */
	resolve(profile: ModelProfile, id: string | null): { deployment: Deployment; modelId: string } {
		const deployment = id === null ? undefined : this.#byId.get(id);
		const modelId = deployment?.getModelId(profile) ?? null;
		if (deployment === undefined || modelId === null)
			throw new InvalidInputError(`No deployment serves ${profile.name}. List it under "deployments", or set its key.`);
		return { deployment, modelId };
	}
}

/**
 * Whether a deployment takes the bytes of a format as they come for one of its models. Where its models are of several
 * companies (Claude and Gemini at Vertex), one that answers in another format than the deployment's takes none of them.
 */
export function takesFormat(
	deployment: Pick<Deployment, 'formats' | 'getAnswerFormat'>,
	format: WireFormatName,
	modelId: string,
): boolean {
	const answered = deployment.getAnswerFormat?.(modelId) ?? format;
	return [format, answered].every((each) => deployment.formats.includes(each));
}
