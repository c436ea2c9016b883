import { expect, it } from 'vitest';
import { sampleDefaults } from '../../test/support/sample-defaults.ts';
import type { DeploymentSettings } from '../providers/index.ts';
import { formatPath } from '../util/index.ts';
import { getMissingKeyWarnings, resolveDeployments } from './resolve-deployments.ts';
import type { ConfigLayer, SwitchyardConfig } from './switchyard-config.ts';
import { completeConfig, createDefaultLayer, validateLayer } from './validate-config.ts';

/** What is said to somebody who writes this into his file. */
function issuesOf(value: unknown): string[] {
	const checked = validateLayer(value, formatPath);
	if (checked.issues.length > 0) return checked.issues.map(({ path, message }) => `${path} ${message}`);
	const whole = completeConfig([createDefaultLayer(sampleDefaults), checked.layer]);
	return 'issues' in whole ? whole.issues.map(({ path, message }) => `${formatPath(path)} ${message}`) : [];
}

function configOf(layer: ConfigLayer): SwitchyardConfig {
	expect(issuesOf(layer)).toEqual([]);
	const whole = completeConfig([createDefaultLayer(sampleDefaults), layer]);
	if ('issues' in whole) throw new Error('refused');
	return whole.config;
}

const second: DeploymentSettings = { id: 'second', kind: 'anthropic', apiKey: 'env:SECOND' };

it.each<[string, object, string]>([
	[
		'a misspelt setting',
		{ ...second, basUrl: 'x' },
		'deployments[0].basUrl is not a known setting. Did you mean "baseUrl"?',
	],
	['a misspelt kind', { id: 'a', kind: 'antropic' }, 'not "antropic". Did you mean "anthropic"?'],
	[
		'a key instead of its variable',
		{ ...second, apiKey: 'sk-ant-secretsecret' },
		'deployments[0].apiKey must name an environment variable',
	],
	[
		'a model nobody knows',
		{ ...second, models: { opsu: 'x' } },
		'deployments[0].models.opsu names a model nobody knows, "opsu". Did you mean "opus"?',
	],
	[
		'a name of providers',
		{ ...second, id: 'OpenAI' },
		'deployments[0].id "OpenAI" is the deployment that "providers" makes',
	],
	[
		'a server without an address',
		{ id: 'a', kind: 'openai-compatible', models: { opus: 'x' } },
		'deployments[0].baseUrl is missing',
	],
	[
		'a server without models',
		{ id: 'a', kind: 'openai-compatible', baseUrl: 'http://127.0.0.1:1' },
		'deployments[0].models is missing',
	],
	['Bedrock without a region', { id: 'a', kind: 'bedrock', models: { opus: 'x' } }, 'deployments[0].region is missing'],
	[
		'Bedrock with a provider',
		{ id: 'a', kind: 'bedrock', region: 'r', provider: 'anthropic', models: { opus: 'x' } },
		'list them under "models"',
	],
	[
		'Azure without a resource',
		{ id: 'a', kind: 'azure', models: { opus: 'x' } },
		'deployments[0].resourceName is missing',
	],
	[
		'a resource name that would move the host',
		{ id: 'a', kind: 'azure', resourceName: 'evil.example/#', models: { opus: 'x' } },
		'deployments[0].resourceName must be letters',
	],
	[
		'a region that would move the host',
		{ id: 'a', kind: 'vertex', project: 'p', region: 'x@evil', provider: 'google' },
		'deployments[0].region must be letters',
	],
	['Vertex without a project', { id: 'a', kind: 'vertex', provider: 'google' }, 'deployments[0].project is missing'],
	['a key that is not sent', { ...second, auth: 'none' }, 'deployments[0].auth says that no key is sent'],
	[
		'a setting of another kind',
		{ ...second, region: 'us' },
		'deployments[0].region has no meaning for the kind "anthropic"',
	],
	['a private address', { ...second, baseUrl: 'http://10.1.2.3/v1' }, 'add "10.1.2.3" to gateway.allowedPrivateHosts'],
	[
		'a metadata service in decimal',
		{ ...second, baseUrl: 'http://2852039166/' },
		'leads to 169.254.169.254, where no provider can be',
	],
	['an address with a user', { ...second, baseUrl: 'https://api.anthropic.com@evil.example' }, 'without a user name'],
	['an address with a fragment', { ...second, baseUrl: 'https://evil.example#.anthropic.com' }, 'fragment'],
])('refuses %s, with the place and what to write instead', (_what, deployment, told) => {
	const issues = issuesOf({ deployments: [deployment] });
	expect(issues).toHaveLength(1);
	expect(issues[0]).toContain(told);
	expect(issues[0]).not.toContain('secretsecret');
});

it('refuses two deployments of one name: rows and headers could not tell them apart', () => {
	expect(issuesOf({ deployments: [second, { ...second, id: 'SECOND' }] })).toEqual([
		'deployments[1].id "SECOND" is there twice, first as deployment 0. Give each its own name',
	]);
});

it('a private address that is listed may be called, for providers too', () => {
	const layer = {
		deployments: [{ ...second, baseUrl: 'http://10.1.2.3' }],
		providers: { openai: { baseUrl: 'http://[fd12::1]/v1' } },
	};
	expect(issuesOf(layer)).toHaveLength(2);
	expect(issuesOf({ ...layer, gateway: { allowedPrivateHosts: ['10.1.2.3', 'fd12::1'] } })).toEqual([]);
});

it('providers come first, priorities change the order, and every secret is found where it is said to be', () => {
	const config = configOf({
		deployments: [
			second,
			{ id: 'local', kind: 'openai-compatible', preset: 'ollama', models: { OPUS: 'qwen3' }, priority: 1, weight: 5 },
			{ id: 'groq', kind: 'openai-compatible', preset: 'groq' },
			{
				id: 'lent',
				kind: 'bedrock',
				region: 'us-east-1',
				accessKeyId: 'env:LENT_ID',
				secretAccessKey: 'env:LENT_SECRET',
				models: { opus: 'o' },
			},
			{ id: 'vertex', kind: 'vertex', project: 'p', provider: 'google' },
		],
	});
	const environment = {
		ANTHROPIC_API_KEY: 'a',
		SECOND: 'b',
		LENT_ID: 'i',
		LENT_SECRET: 's',
		AWS_SESSION_TOKEN: 'of another',
	};
	const { deployments, missing } = resolveDeployments(config, environment);
	expect(deployments).toEqual([
		{
			id: 'local',
			kind: 'openai-compatible',
			credential: 'none',
			auth: 'none',
			baseUrl: 'http://127.0.0.1:11434/v1',
			provider: null,
			models: { opus: 'qwen3' },
			priority: 1,
			weight: 5,
		},
		{
			id: 'anthropic',
			kind: 'anthropic',
			credential: 'env:ANTHROPIC_API_KEY',
			auth: 'api-key',
			apiKey: 'a',
			provider: 'anthropic',
			models: {},
			priority: 100,
		},
		{
			id: 'second',
			kind: 'anthropic',
			credential: 'env:SECOND',
			auth: 'api-key',
			apiKey: 'b',
			provider: 'anthropic',
			models: {},
			priority: 100,
		},
		{
			id: 'lent',
			kind: 'bedrock',
			credential: 'env:LENT_ID',
			auth: 'api-key',
			aws: { accessKeyId: 'i', secretAccessKey: 's' },
			region: 'us-east-1',
			provider: null,
			models: { opus: 'o' },
			billsAfterDisconnect: true,
			priority: 100,
		},
		{
			id: 'vertex',
			kind: 'vertex',
			credential: 'application-default',
			auth: 'api-key',
			project: 'p',
			provider: 'google',
			models: {},
			billsAfterDisconnect: true,
			priority: 100,
		},
	]);
	expect(missing.filter(({ isConfigured }) => isConfigured)).toEqual([
		{ id: 'groq', path: 'deployments[2].apiKey', variables: ['GROQ_API_KEY'], isConfigured: true },
	]);
	expect(getMissingKeyWarnings(config, environment)).toEqual([
		{
			path: 'deployments[2].apiKey',
			message: 'needs the environment variable GROQ_API_KEY, which is not set: groq cannot be called',
		},
	]);
});

it('a deployment with a key of its own never falls back to another account’s', () => {
	const bedrock: DeploymentSettings = {
		id: 'b',
		kind: 'bedrock',
		region: 'r',
		apiKey: 'env:LENT',
		models: { opus: 'o' },
	};
	const config = configOf({ deployments: [second, bedrock] });
	const environment = { AWS_BEARER_TOKEN_BEDROCK: 'x', AWS_ACCESS_KEY_ID: 'y', AWS_SECRET_ACCESS_KEY: 'z' };
	const { deployments, missing } = resolveDeployments(config, environment);
	expect(deployments).toEqual([]);
	expect(missing.filter(({ isConfigured }) => isConfigured).map(({ variables }) => variables)).toEqual([
		['SECOND'],
		['LENT'],
	]);
});

it('who is known to bill a stream that was left is not trusted to stop, unless the settings say so', () => {
	const groq = { kind: 'openai-compatible' as const, preset: 'groq' as const, apiKey: 'env:SECOND' };
	const { deployments } = resolveDeployments(
		configOf({
			deployments: [
				{ ...second, billsAfterDisconnect: true },
				{ ...groq, id: 'groq' },
				{ ...groq, id: 'groq-that-stops', billsAfterDisconnect: false },
			],
		}),
		{ SECOND: 'b' },
	);
	expect(deployments.map(({ id, billsAfterDisconnect }) => [id, billsAfterDisconnect])).toEqual([
		['second', true],
		['groq', true],
		['groq-that-stops', false],
	]);
});
