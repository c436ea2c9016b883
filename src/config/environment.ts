import type { ConfigIssue } from '../errors/index.ts';
import { KIND_DEFINITIONS } from '../providers/index.ts';
import { describeValue, isObject, nearestName, type ValuePath } from '../util/index.ts';
import { getSchemasAt, isSchemaOf } from './explain-issues.ts';
import { getConfigSchema } from './schema/index.ts';
import type { ConfigLayer } from './switchyard-config.ts';

/** Variables by name, as `process.env` holds them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The only place that reads `process.env`. */
export function processEnvironment(): Environment {
	return process.env;
}

/** A variable's text without blanks around it; `undefined` when nothing is left: empty means not set. */
export function readVariable(environment: Environment, name: string): string | undefined {
	const text = environment[name]?.trim();
	return text === '' ? undefined : text;
}

/** `ROUTING_DEBUG` asks for details, also where the configuration itself is what failed. */
export function isDebugRequested(environment: Environment = process.env): boolean {
	return /^(1|true|yes|on)$/i.test(readVariable(environment, 'ROUTING_DEBUG') ?? '');
}

/** A value read from a variable, or what is wrong with the text. */
type ParsedVariable = { value: unknown } | { problem: string };
type VariableParser = (text: string) => ParsedVariable;

const parseBoolean: VariableParser = (text) => {
	if (/^(?:true|yes|on|1)$/i.test(text)) return { value: true };
	if (/^(?:false|no|off|0)$/i.test(text)) return { value: false };
	return { problem: `must be true or false, not ${describeValue(text)}` };
};

/** A decimal number, nothing around it. */
const parseNumber: VariableParser = (text) => {
	if (/^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i.test(text)) return { value: Number(text) };
	return { problem: `must be a number such as 10 or 2.5, not ${describeValue(text)}` };
};

/** Names between commas; `none` for an empty list, since an empty variable is not set. */
const parseList: VariableParser = (text) => {
	const names = text.split(',').map((name) => name.trim());
	return { value: text.toLowerCase() === 'none' ? [] : names.filter((name) => name !== '') };
};

/** `weighted`, `fixed:MODEL`, `utility`, `utility:USD` or `cheapest-good-enough:QUALITY`. */
const parsePolicy: VariableParser = (text) => {
	const [name = '', ...rest] = text.split(':');
	const detail = rest.join(':');
	if (name === 'weighted' && detail === '') return { value: { name } };
	if (name === 'fixed' && detail !== '') return { value: { name, model: detail } };
	const quality = parseNumber(detail);
	if (name === 'cheapest-good-enough' && 'value' in quality) return { value: { name, targetQuality: quality.value } };
	if (name === 'utility' && detail === '') return { value: { name } };
	if (name === 'utility' && 'value' in quality) return { value: { name, pointWorthUsd: quality.value } };
	const words = 'weighted, fixed:MODEL, utility, utility:USD or cheapest-good-enough:QUALITY (0-100)';
	return { problem: `must be ${words}, not ${describeValue(text)}` };
};

/** How the text of a variable is read, by the schema of the value it sets. */
function chooseParser(schema: unknown): VariableParser {
	if (isSchemaOf(schema, 'boolean')) return parseBoolean;
	if (isSchemaOf(schema, 'number')) return parseNumber;
	if (isSchemaOf(schema, 'nullable'))
		return (text) => (text.toLowerCase() === 'none' ? { value: null } : parseNumber(text));
	if (isSchemaOf(schema, 'union')) return parsePolicy;
	if (isSchemaOf(schema, 'array')) return parseList;
	return (text) => ({ value: text });
}

/** A variable that sets one value of the configuration. */
interface EnvironmentVariable {
	name: string;
	/** Where its value goes, e.g. `weights.cost`. */
	path: string;
	parse: VariableParser;
	description: string;
	example: string;
}

/** A variable that is read, but is no value of the configuration. */
type SpecialVariable = Pick<EnvironmentVariable, 'name' | 'description' | 'example'>;

/** The setting, an example, and a description where the setting's own does not fit a variable. */
type VariableRow = readonly [path: string, example: string, description?: string];

const ROWS: Readonly<Record<string, VariableRow>> = {
	ROUTING_DEFAULT_MODEL: ['defaultModel', 'sonnet'],
	ROUTING_ENABLE_CACHE: ['enableCache', 'true'],
	ROUTING_CACHE_TTL: ['cacheTTL', '3600'],
	ROUTING_PROMPT_CACHING: ['promptCaching', 'true'],
	ROUTING_ENABLE_LEARNING: ['enableLearning', 'true'],
	ROUTING_STAND_DOWN: ['learning.standDown', 'auto'],
	ROUTING_OBSERVE: ['learning.observe', 'refusal,empty,cut'],
	ROUTING_DAILY_BUDGET: ['budget.dailyLimit', '10.0'],
	ROUTING_MONTHLY_BUDGET: ['budget.monthlyLimit', '250.0'],
	ROUTING_PER_REQUEST_LIMIT: ['budget.perRequestLimit', '1.0', 'USD per request; `none` for no limit'],
	ROUTING_DAILY_WARNING: ['budget.alerts.dailyWarning', '75'],
	ROUTING_MONTHLY_WARNING: ['budget.alerts.monthlyWarning', '80'],
	ROUTING_TIMEZONE: ['budget.timezone', 'UTC'],
	ROUTING_FALLBACK_ENABLED: ['fallback.enabled', 'true'],
	ROUTING_MAX_RETRIES: ['fallback.maxAttempts', '3'],
	ROUTING_TIMEOUT: ['fallback.timeout', '60000'],
	ROUTING_WEIGHT_CAPABILITY: ['weights.capability', '0.35'],
	ROUTING_WEIGHT_COST: ['weights.cost', '0.20'],
	ROUTING_WEIGHT_LATENCY: ['weights.latency', '0.15'],
	ROUTING_WEIGHT_QUALITY: ['weights.quality', '0.20'],
	ROUTING_WEIGHT_HISTORICAL: ['weights.historical', '0.10'],
	ROUTING_POLICY: ['policy', 'cheapest-good-enough:85'],
	ROUTING_CANDIDATES: ['candidates', 'opus,sonnet,haiku'],
	ROUTING_ALLOW_UNPRICED: ['allowUnpriced', 'my-local-model'],
	ROUTING_UNKNOWN_MODELS: ['unknownModels', 'family'],
	ROUTING_DATABASE: ['storage.path', '/var/lib/routing.db', 'Database file; `:memory:` keeps nothing'],
	ROUTING_RETENTION_DAYS: ['storage.retentionDays', '90'],
	ROUTING_CAPTURE_TASK_TEXT: ['storage.captureTaskText', 'false'],
	ROUTING_LOG_LEVEL: ['log.level', 'info', 'silent, error, warn, info or debug'],
	ROUTING_LOG_FILE: ['log.file', '/var/log/routing.log'],
	ROUTING_LOG_MAX_BYTES: ['log.maxBytes', '5000000', 'Bytes at which the log file is rotated'],
	ROUTING_LOG_MAX_FILES: ['log.maxFiles', '5', 'Rotated log files that are kept'],
	ROUTING_GATEWAY_HOST: ['gateway.host', '127.0.0.1', 'Address the gateway listens at'],
	ROUTING_GATEWAY_PORT: ['gateway.port', '4141', 'Port the gateway listens at; 0 takes any that is free'],
	ROUTING_DEBUG: ['debug', 'true'],
	ANTHROPIC_BASE_URL: ['providers.anthropic.baseUrl', 'https://proxy.example', "Address in place of Anthropic's"],
	OPENAI_BASE_URL: ['providers.openai.baseUrl', 'https://proxy.example/v1', "Address in place of OpenAI's"],
	GEMINI_BASE_URL: ['providers.google.baseUrl', 'https://proxy.example', "Address in place of Gemini's"],
};

function findSchema(path: string): { description?: string | undefined } | undefined {
	const [schema] = getSchemasAt(getConfigSchema(), path.split('.'));
	return typeof schema === 'object' && schema !== null ? schema : undefined;
}

/** Every variable that sets a value; the parser, the error texts and the reference page come from it. */
export const ENVIRONMENT_VARIABLES: readonly EnvironmentVariable[] = Object.entries(ROWS).map(
	([name, [path, example, description]]) => ({
		name,
		path,
		example,
		// Asked of the schema when they are needed, so that it is not loaded for variables that are not set.
		parse: (text) => chooseParser(findSchema(path))(text),
		get description() {
			return description ?? findSchema(path)?.description ?? '';
		},
	}),
);

/** Variables that are read for themselves. */
export const SPECIAL_VARIABLES: readonly SpecialVariable[] = [
	{
		name: 'ROUTING_CONFIG',
		example: './routing.json',
		description: "Config file in place of the project's; it must exist",
	},
	{
		name: 'HTTPS_PROXY',
		example: 'http://proxy.example:3128',
		description: 'Proxy for `https:` addresses of providers and webhooks; also `https_proxy`, which comes first',
	},
	{
		name: 'HTTP_PROXY',
		example: 'http://proxy.example:3128',
		description: 'The same for `http:` addresses; also `http_proxy`',
	},
	{
		name: 'NO_PROXY',
		example: 'internal.example,llm.example:8443',
		description: 'Hosts that are called past the proxy, with all names below them; `*` for all; also `no_proxy`',
	},
	...Object.values(KIND_DEFINITIONS).flatMap(({ keyVariables, otherVariables = [] }) => [
		...keyVariables,
		...otherVariables,
	]),
];

/** The settings of the environment, parsed and not yet validated. */
interface ParsedEnvironment {
	layer: ConfigLayer;
	/** Variables whose text could not be parsed. */
	issues: ConfigIssue[];
	/** `ROUTING_…` variables that are unknown. */
	warnings: ConfigIssue[];
	/** Variable by the path it set. */
	variables: ReadonlyMap<string, string>;
}

const MAX_WARNINGS = 20;

function findUnknownVariables(environment: Environment): ConfigIssue[] {
	const known = [...ENVIRONMENT_VARIABLES, ...SPECIAL_VARIABLES].map((variable) => variable.name);
	const unknown = Object.keys(environment).filter((name) => name.startsWith('ROUTING_') && !known.includes(name));
	return unknown.slice(0, MAX_WARNINGS).map((name) => {
		const nearest = nearestName(name, known);
		const hint = nearest === null ? '' : ` Did you mean ${nearest}?`;
		return { path: name.slice(0, 80), message: `is not a variable of the router and has no effect.${hint}` };
	});
}

/** A copy in which the value at a path is replaced; missing objects on the way are made. */
function withValueAt(value: unknown, [key, ...rest]: readonly string[], replacement: unknown): unknown {
	if (key === undefined) return replacement;
	const object = isObject(value) ? value : {};
	return { ...object, [key]: withValueAt(object[key], rest, replacement) };
}

/** Reads every variable of the table. */
export function parseEnvironment(environment: Environment): ParsedEnvironment {
	let layer: unknown = {};
	const issues: ConfigIssue[] = [];
	const variables = new Map<string, string>();
	for (const variable of ENVIRONMENT_VARIABLES) {
		const text = readVariable(environment, variable.name);
		if (text === undefined) continue;
		const parsed = variable.parse(text);
		if ('problem' in parsed) {
			issues.push({ path: variable.name, message: `${parsed.problem}, e.g. ${variable.name}=${variable.example}` });
			continue;
		}
		layer = withValueAt(layer, variable.path.split('.'), parsed.value);
		variables.set(variable.path, variable.name);
	}
	// The table's paths are the layer's; the schema judges the values next.
	return { layer: layer as ConfigLayer, issues, warnings: findUnknownVariables(environment), variables };
}

/** The variable that sets the value at (or above) a path. */
export function findVariableByPath(path: ValuePath): EnvironmentVariable | undefined {
	const written = path.join('.');
	return ENVIRONMENT_VARIABLES.find((variable) => written === variable.path || written.startsWith(`${variable.path}.`));
}
