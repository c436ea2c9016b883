import type { ConfigIssue } from '../errors/index.ts';
import { nearestName } from '../util/index.ts';
import type { ConfigLayer } from './config-layer.ts';
import { type ConfigPath, withValueAt } from './config-path.ts';
import { ENVIRONMENT_VARIABLES, type EnvironmentVariable, SPECIAL_VARIABLES } from './environment-table.ts';

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
export interface EnvironmentReading {
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
export function readEnvironment(environment: Environment): EnvironmentReading {
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
export function variableFor(path: ConfigPath): EnvironmentVariable | undefined {
	const written = path.join('.');
	return ENVIRONMENT_VARIABLES.find((variable) => written === variable.path || written.startsWith(`${variable.path}.`));
}
