import * as z from 'zod';
import { DEPLOYMENT_AUTHS, DEPLOYMENT_KINDS, type DeploymentSettings, PRESET_NAMES } from '../../providers/index.ts';
import { checkDeployments } from '../check-deployments.ts';
import type { ProviderName, ProviderSettings } from '../switchyard-config.ts';
import { httpAddress, partialShape, type ShapeOf, secretReference, text } from './shape.ts';

/** A word that may stand in a host name or an address without being anything else there. */
const label = (meaning: string) =>
	z
		.string()
		.regex(/^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,98}[A-Za-z0-9])?$/, {
			error: 'must be letters, digits, dots, dashes and underscores, e.g. "my-name-1"',
		})
		.describe(meaning);

/** Further endpoints that models are called at. */
export function createDeploymentsSchema(): z.ZodType<DeploymentSettings[]> {
	const required = {
		id: label('Unique name, in logs, headers and rows; anthropic, openai and google are those of providers'),
		kind: z.enum(DEPLOYMENT_KINDS).describe('What kind of endpoint it is'),
	};

	const optional = {
		preset: z.enum(PRESET_NAMES).describe('openai-compatible: a known server, with its address and key variable'),
		apiKey: secretReference(
			'WORK_OPENAI_KEY',
			'Environment variable that holds the key, as env:NAME; left out: the well-known one',
		),
		auth: z
			.enum(DEPLOYMENT_AUTHS)
			.describe(
				'How the key is sent: the way of the kind, as a bearer token, or not at all; passthrough: the login of the caller, on loopback only',
			),
		baseUrl: httpAddress("Address that takes the place of the kind's own"),
		region: label('Bedrock and Vertex: the region'),
		project: label('Vertex: the Google Cloud project'),
		resourceName: label("Azure: the resource's name"),
		apiVersion: label('Azure: a dated API version, e.g. 2024-10-21; left out: the v1 surface'),
		accessKeyId: secretReference('WORK_AWS_ACCESS_KEY_ID', "Bedrock: variable of the access key; left out: AWS's own"),
		secretAccessKey: secretReference('WORK_AWS_SECRET', "Bedrock: variable of the secret key; left out: AWS's own"),
		sessionToken: secretReference('WORK_AWS_SESSION', "Bedrock: variable of the session token; left out: AWS's own"),
		provider: text().describe(
			"Provider all of whose models it serves; left out: the kind's own, unless models are listed",
		),
		models: z.record(text(), text(500)).describe('Models it serves, by name, each with its id at this deployment'),
		billsAfterDisconnect: z
			.boolean()
			.describe(
				'Whoever leaves a stream pays for the whole answer: its length is then limited in the request; left out: what is known of the kind or preset',
			),
		passTraceContext: z
			.boolean()
			.describe(
				'It gets the trace context of requests (traceparent, tracestate), e.g. a server of your own; off when left out',
			),
		priority: z
			.int()
			.min(0)
			.max(1_000_000)
			.describe(
				'Lower is tried first, those of one priority share the requests; 100 when left out, 50 with auth passthrough',
			),
		weight: z
			.number()
			.positive()
			.max(1000)
			.describe('Share of the requests among deployments of one priority; 1 when left out'),
	};

	return z
		.array(z.strictObject({ ...required, ...partialShape(optional) } satisfies ShapeOf<DeploymentSettings>))
		.max(200)
		.superRefine((deployments, context) => {
			for (const { path, message } of checkDeployments(deployments))
				context.addIssue({ code: 'custom', path: [...path], message });
		})
		.describe('Further endpoints that models are called at, beside those of providers');
}

/** How each provider is reached. */
export function createProvidersSchema(): z.ZodType<Partial<Record<ProviderName, ProviderSettings>>> {
	const settings = z.strictObject(
		partialShape({
			apiKey: secretReference(
				'ANTHROPIC_API_KEY',
				'Environment variable that holds the key, as env:NAME; never the key itself',
			),
			baseUrl: httpAddress("Address that takes the place of the provider's own"),
		} satisfies ShapeOf<Required<ProviderSettings>>),
	);

	const shape = { anthropic: settings, openai: settings, google: settings } satisfies ShapeOf<
		Record<ProviderName, ProviderSettings>
	>;

	return z.strictObject(partialShape(shape)).describe('How each provider is reached');
}
