import type { ConfigIssue } from '../errors/index.ts';
import { nearestName } from '../util/index.ts';
import { type ConfigPath, withValueAt } from './config-path.ts';
import { describeValue } from './explain-issues.ts';
import type { ConfigLayer } from './switchyard-config.ts';

/** Variables by name, as `process.env` holds them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The only place that reads `process.env`. */
export function processEnvironment(): Environment {
	return process.env;
}

/** `ROUTING_DEBUG` asks for details, also where the configuration itself is what failed. */
export function isDebugRequested(environment: Environment = process.env): boolean {
	return /^(1|true|yes|on)$/i.test(readVariable(environment, 'ROUTING_DEBUG') ?? '');
}

/** What the environment says; values are parsed, and not yet judged by the schema. */
export interface ParsedEnvironment {
	layer: ConfigLayer;
	/** Texts that could not be read as their variable's kind. */
	issues: ConfigIssue[];
	/** `ROUTING_…` variables nobody here knows. */
	warnings: ConfigIssue[];
	/** Variable by the path it set. */
	variables: ReadonlyMap<string, string>;
}

const MOST_WARNINGS = 20;

/** A variable's text without blanks around it; `undefined` when nothing is left: empty means not set. */
export function readVariable(environment: Environment, name: string): string | undefined {
	const text = environment[name]?.trim();
	return text === '' ? undefined : text;
}

function unknownVariables(environment: Environment): ConfigIssue[] {
	const known = [...ENVIRONMENT_VARIABLES, ...SPECIAL_VARIABLES].map((variable) => variable.name);
	const unknown = Object.keys(environment).filter((name) => name.startsWith('ROUTING_') && !known.includes(name));
	return unknown.slice(0, MOST_WARNINGS).map((name) => {
		const nearest = nearestName(name, known);
		const hint = nearest === null ? '' : ` Did you mean ${nearest}?`;
		return { path: name.slice(0, 80), message: `is not a variable of the router and has no effect.${hint}` };
	});
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
	return { layer: layer as ConfigLayer, issues, warnings: unknownVariables(environment), variables };
}

/** The variable that sets the value at (or above) a path. */
export function findVariableByPath(path: ConfigPath): EnvironmentVariable | undefined {
	const written = path.join('.');
	return ENVIRONMENT_VARIABLES.find((variable) => written === variable.path || written.startsWith(`${variable.path}.`));
}

/** A value read from a variable, or what is wrong with the text. */
export type ParsedVariable = { value: unknown } | { problem: string };

const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
	...['true', 'yes', 'on', '1'].map((word) => [word, true] as const),
	...['false', 'no', 'off', '0'].map((word) => [word, false] as const),
]);

/** `true`, `yes`, `on`, `1` and their opposites. */
function parseBoolean(text: string): ParsedVariable {
	const value = BOOLEANS.get(text.toLowerCase());
	return value === undefined ? { problem: `must be true or false, not ${describeValue(text)}` } : { value };
}

/** A decimal number, nothing around it. */
function parseNumber(text: string): ParsedVariable {
	if (/^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i.test(text)) return { value: Number(text) };
	return { problem: `must be a number such as 10 or 2.5, not ${describeValue(text)}` };
}

/** A number, or `none` for no limit. */
function parseLimit(text: string): ParsedVariable {
	return text.toLowerCase() === 'none' ? { value: null } : parseNumber(text);
}

/** The text as it is. */
function parseText(text: string): ParsedVariable {
	return { value: text };
}

/** Names between commas. */
function parseList(text: string): ParsedVariable {
	const names = text.split(',').map((name) => name.trim());
	return { value: names.filter((name) => name !== '') };
}

/** `weighted`, `fixed:MODEL` or `cheapest-good-enough:QUALITY`. */
function parsePolicy(text: string): ParsedVariable {
	const [name = '', ...rest] = text.split(':');
	const detail = rest.join(':');
	if (name === 'weighted' && detail === '') return { value: { name } };
	if (name === 'fixed' && detail !== '') return { value: { name, model: detail } };
	const quality = parseNumber(detail);
	if (name === 'cheapest-good-enough' && 'value' in quality) return { value: { name, targetQuality: quality.value } };
	return {
		problem: `must be weighted, fixed:MODEL or cheapest-good-enough:QUALITY (0-100), not ${describeValue(text)}`,
	};
}

/** A variable that sets one value of the configuration. */
export interface EnvironmentVariable {
	name: string;
	/** Where its value goes, e.g. `weights.cost`. */
	path: string;
	parse(text: string): ParsedVariable;
	description: string;
	example: string;
}

/** A variable that is read, but is no value of the configuration. */
export type SpecialVariable = Pick<EnvironmentVariable, 'name' | 'description' | 'example'>;

type Row = readonly [name: string, path: string, parse: EnvironmentVariable['parse'], example: string, text: string];

const rows: readonly Row[] = [
	['ROUTING_DEFAULT_MODEL', 'defaultModel', parseText, 'sonnet', 'Model for tasks with nothing to go by'],
	['ROUTING_ENABLE_CACHE', 'enableCache', parseBoolean, 'true', 'Answer an equal task from the decision cache'],
	['ROUTING_CACHE_TTL', 'cacheTTL', parseNumber, '3600', 'Seconds a cached decision lives'],
	[
		'ROUTING_PROMPT_CACHING',
		'promptCaching',
		parseBoolean,
		'true',
		'Mark prompts for the cache of a provider that needs marks, where it pays',
	],
	['ROUTING_ENABLE_LEARNING', 'enableLearning', parseBoolean, 'true', 'Let outcomes change later decisions'],
	['ROUTING_DAILY_BUDGET', 'budget.dailyLimit', parseNumber, '10.0', 'USD per calendar day'],
	['ROUTING_MONTHLY_BUDGET', 'budget.monthlyLimit', parseNumber, '250.0', 'USD per calendar month'],
	['ROUTING_PER_REQUEST_LIMIT', 'budget.perRequestLimit', parseLimit, '1.0', 'USD per request; `none` for no limit'],
	['ROUTING_DAILY_WARNING', 'budget.alerts.dailyWarning', parseNumber, '75', 'Percent of the daily limit that warns'],
	[
		'ROUTING_MONTHLY_WARNING',
		'budget.alerts.monthlyWarning',
		parseNumber,
		'80',
		'Percent of the monthly limit that warns',
	],
	['ROUTING_TIMEZONE', 'budget.timezone', parseText, 'UTC', 'IANA time zone in which days and months begin'],
	['ROUTING_FALLBACK_ENABLED', 'fallback.enabled', parseBoolean, 'true', 'Go on to the next model when one fails'],
	[
		'ROUTING_MAX_RETRIES',
		'fallback.maxAttempts',
		parseNumber,
		'3',
		'Most models one request is tried on, and most attempts of each',
	],
	['ROUTING_TIMEOUT', 'fallback.timeout', parseNumber, '60000', 'Milliseconds one attempt may take'],
	[
		'ROUTING_WEIGHT_CAPABILITY',
		'weights.capability',
		parseNumber,
		'0.35',
		'Weight of how well the model fits the task',
	],
	['ROUTING_WEIGHT_COST', 'weights.cost', parseNumber, '0.20', 'Weight of low cost'],
	['ROUTING_WEIGHT_LATENCY', 'weights.latency', parseNumber, '0.15', 'Weight of a fast answer'],
	['ROUTING_WEIGHT_QUALITY', 'weights.quality', parseNumber, '0.20', 'Weight of quality'],
	['ROUTING_WEIGHT_HISTORICAL', 'weights.historical', parseNumber, '0.10', 'Weight of earlier results on such tasks'],
	['ROUTING_POLICY', 'policy', parsePolicy, 'cheapest-good-enough:85', 'How a model is chosen among the eligible'],
	['ROUTING_CANDIDATES', 'candidates', parseList, 'opus,sonnet,haiku', 'Models that compete by default'],
	['ROUTING_ALLOW_UNPRICED', 'allowUnpriced', parseList, 'my-local-model', 'Models that may be used without a price'],
	['ROUTING_DATABASE', 'storage.path', parseText, '/var/lib/routing.db', 'Database file; `:memory:` keeps nothing'],
	['ROUTING_RETENTION_DAYS', 'storage.retentionDays', parseNumber, '90', 'Days before a row is archived'],
	['ROUTING_CAPTURE_TASK_TEXT', 'storage.captureTaskText', parseBoolean, 'false', 'Keep the text of tasks'],
	['ROUTING_LOG_LEVEL', 'log.level', parseText, 'info', 'silent, error, warn, info or debug'],
	['ROUTING_LOG_FILE', 'log.file', parseText, '/var/log/routing.log', 'Log file'],
	['ROUTING_LOG_MAX_BYTES', 'log.maxBytes', parseNumber, '5000000', 'Bytes at which the log file is rotated'],
	['ROUTING_LOG_MAX_FILES', 'log.maxFiles', parseNumber, '5', 'Rotated log files that are kept'],
	['ROUTING_GATEWAY_HOST', 'gateway.host', parseText, '127.0.0.1', 'Address the gateway listens at'],
	[
		'ROUTING_GATEWAY_PORT',
		'gateway.port',
		parseNumber,
		'4141',
		'Port the gateway listens at; 0 takes any that is free',
	],
	['ROUTING_DEBUG', 'debug', parseBoolean, 'true', 'Log every decision with its scores, and show stack traces'],
	[
		'ANTHROPIC_BASE_URL',
		'providers.anthropic.baseUrl',
		parseText,
		'https://proxy.example',
		"Address in place of Anthropic's",
	],
	[
		'OPENAI_BASE_URL',
		'providers.openai.baseUrl',
		parseText,
		'https://proxy.example/v1',
		"Address in place of OpenAI's",
	],
	['GEMINI_BASE_URL', 'providers.google.baseUrl', parseText, 'https://proxy.example', "Address in place of Gemini's"],
];

/** Every variable that sets a value; the parser, the error texts and the reference page come from it. */
export const ENVIRONMENT_VARIABLES: readonly EnvironmentVariable[] = rows.map(
	([name, path, parse, example, description]) => ({ name, path, parse, example, description }),
);

/** Variables that are read for themselves. */
export const SPECIAL_VARIABLES: readonly SpecialVariable[] = [
	{
		name: 'ROUTING_CONFIG',
		example: './routing.json',
		description: "Config file to read in place of the project's; it must exist",
	},
	{ name: 'ANTHROPIC_API_KEY', example: 'sk-ant-…', description: 'Key for Anthropic' },
	{ name: 'OPENAI_API_KEY', example: 'sk-…', description: 'Key for OpenAI' },
	{ name: 'GEMINI_API_KEY', example: 'AIza…', description: 'Key for Gemini' },
	{ name: 'GOOGLE_API_KEY', example: 'AIza…', description: 'Key for Gemini when `GEMINI_API_KEY` is not set' },
	{ name: 'GROQ_API_KEY', example: 'gsk_…', description: 'Key for deployments with the preset groq' },
	{ name: 'DEEPSEEK_API_KEY', example: 'sk-…', description: 'Key for deployments with the preset deepseek' },
	{ name: 'MISTRAL_API_KEY', example: 'key…', description: 'Key for deployments with the preset mistral' },
	{ name: 'OPENROUTER_API_KEY', example: 'sk-or-…', description: 'Key for deployments with the preset openrouter' },
	{ name: 'AZURE_API_KEY', example: 'key…', description: 'Key for deployments of the kind azure' },
	{ name: 'AWS_BEARER_TOKEN_BEDROCK', example: 'key…', description: 'API key for deployments of the kind bedrock' },
	{ name: 'AWS_ACCESS_KEY_ID', example: 'AKIA…', description: 'Access key for Bedrock where there is no API key' },
	{ name: 'AWS_SECRET_ACCESS_KEY', example: 'secret…', description: 'Secret key that belongs to it' },
	{ name: 'AWS_SESSION_TOKEN', example: 'token…', description: 'Session token that belongs to it, where there is one' },
];
