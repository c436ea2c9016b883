import * as z from 'zod';
import { COMMIT_POINTS, MAX_USD } from '../../contracts/index.ts';
import { DAY_MS, normalizeHost } from '../../util/index.ts';
import type {
	GatewayCacheConfig,
	GatewayLayer,
	GatewayLimitsConfig,
	GatewayStreamConfig,
	ShadowConfig,
} from '../switchyard-config.ts';
import { type ShapeOf, sectionSchema } from './shape.ts';

const milliseconds = (meaning: string) => z.int().min(1).max(DAY_MS).describe(meaning);
const count = (meaning: string) => z.int().min(1).max(1_000_000).describe(meaning);
const bytes = (meaning: string) => z.int().min(1024).max(1_073_741_824).describe(meaning);

/** A host as it stands in a URL: a name or an IP address, without scheme, port or path. */
function isHost(value: string): boolean {
	if (value.length > 255 || /[\s/\\?#@%]/.test(value)) return false;
	const written = value.includes(':') && !value.startsWith('[') ? `[${value}]` : value;
	return (
		URL.canParse(`http://${written}/`) && normalizeHost(new URL(`http://${written}/`).host) === normalizeHost(value)
	);
}

/** What one source says of the gateway. */
export function createGatewaySchema(): z.ZodType<GatewayLayer> {
	const host = z.string().max(255).refine(isHost, {
		error: 'must be a host name or an IP address, without scheme, port or path',
	});
	const hosts = (meaning: string) => z.array(host).max(200).describe(meaning);

	const modelName = z.string().min(1).max(200);

	const origin = z
		.string()
		.max(300)
		.refine((value) => URL.canParse(value) && /^https?:/.test(value) && new URL(value).origin === value, {
			error: 'must be a web origin: scheme, host and port, e.g. "https://app.example.com"',
		});

	const streams = {
		commit: z
			.enum(COMMIT_POINTS)
			.describe(
				'What is sent on at once: from the first token, or only a whole answer, so that a cut one can be made anew',
			),
		firstOutputTimeoutMs: milliseconds(
			'Wait for the first token; six times as long for models that think, twelve where much thinking is asked for (to 120 s), longer for slow models and long prompts',
		),
		idleTimeoutMs: milliseconds('Longest silence between two events of a stream'),
		keepAliveMs: z
			.int()
			.min(0)
			.max(DAY_MS)
			.describe('Silence after which a stream is kept alive by a ping or comment, first after ten seconds; 0 never'),
	} satisfies ShapeOf<GatewayStreamConfig>;

	const limits = {
		maxBodyBytes: bytes('Largest request body'),
		maxBodyNames: z.int().min(100).max(10_000_000).describe('Names of members in a request body, all together'),
		maxBodyValues: z
			.int()
			.min(100)
			.max(10_000_000)
			.describe('Texts, objects and lists in a request body, all together'),
		bodyTimeoutMs: milliseconds("Milliseconds a request's head and body may take to arrive"),
		maxConcurrent: count('Requests served at once; more wait'),
		maxQueued: z.int().min(0).max(1_000_000).describe('Requests that wait at most; more are refused'),
		queueTimeoutMs: milliseconds('Milliseconds a request waits at most'),
		requestTimeoutMs: milliseconds('Milliseconds a whole request may take'),
	} satisfies ShapeOf<GatewayLimitsConfig>;

	const cache = {
		enabled: z.boolean().describe('Give the exact answer again to the exact request of the same key'),
		ttl: z.int().min(1).max(31_536_000).describe('Seconds an answer is kept'),
		maxEntries: count('Answers kept'),
		maxEntryBytes: bytes('Largest answer that is kept'),
	} satisfies ShapeOf<GatewayCacheConfig>;

	const shadow = {
		share: z
			.number()
			.min(0)
			.max(1)
			.describe(
				'Share of the requests that another model is asked too, after their callers have their answers; 0 none',
			),
		budgetPerDay: z.number().min(0).max(MAX_USD).describe('USD a day for all of it, judge included'),
		models: z.array(modelName).max(50).describe('Models that are asked, one for each request'),
		judge: z.string().max(200).describe('The model that compares the answers; none of the models'),
		excludedKeys: z.array(z.string().min(1).max(200)).max(1000).describe('Keys whose requests are never sent, by id'),
	} satisfies ShapeOf<ShadowConfig>;

	const scalars = {
		host: host.describe('Address it listens at; another than loopback needs keys'),
		port: z.int().min(0).max(65_535).describe('Port it listens at; 0 takes any that is free'),
		requireKey: z.boolean().describe('A virtual key is needed, also on loopback'),
		allowedHosts: hosts('Names by which it may be called besides its own address'),
		allowedOrigins: z.array(origin).max(200).describe('Web origins that may call it from a browser'),
		allowedPrivateHosts: hosts('Hosts in private networks (beside loopback) that providers may be reached at'),
		idempotencyTtl: z.int().min(1).max(31_536_000).describe('Seconds an answer is kept for its Idempotency-Key'),
		drainTimeoutMs: milliseconds('Milliseconds that in-flight requests have to finish when the gateway stops'),
	};

	return sectionSchema(
		{
			...scalars,
			streams: sectionSchema(streams, 'How streams are watched'),
			limits: sectionSchema(limits, 'What one process serves at once'),
			cache: sectionSchema(cache, 'The cache of identical answers'),
			shadow: sectionSchema(shadow, 'Other models that are asked beside those that answer'),
		} satisfies ShapeOf<Required<GatewayLayer>>,
		'The HTTP gateway',
	);
}
