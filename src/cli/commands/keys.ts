import { type Command, InvalidArgumentError } from 'commander';
import {
	type BudgetRule,
	type CommitPoint,
	type KeyScope,
	type KeyStore,
	omitSecretHash,
	type VirtualKey,
} from '../../contracts/index.ts';
import { InvalidInputError } from '../../errors/index.ts';
import type { KeyRequest } from '../../gateway/index.ts';
import { escapeText, toIsoDay } from '../../util/index.ts';
import { type GlobalOptions, parseAmount, parseChoice } from '../options.ts';
import type { Output } from '../output.ts';
import { createCommandLineAuthor, projectAction } from '../project-action.ts';
import type { Session } from '../session.ts';
import { formatTable, quoteArgument } from '../terminal-text.ts';

const SCOPES = ['route', 'read', 'admin'] as const;
const COMMIT_POINTS = ['first-output', 'whole-answer'] as const;

interface CreateFlags extends GlobalOptions {
	name: string;
	team?: string;
	tag?: string[];
	scope?: KeyScope[];
	model?: string[];
	commit?: CommitPoint;
	expires?: string;
	rpm?: number;
	tpm?: number;
	parallel?: number;
	daily?: number;
	monthly?: number;
}

function parseCount(value: string): number {
	const count = Number(value);
	if (Number.isSafeInteger(count) && count > 0 && value.trim() !== '') return count;
	throw new InvalidArgumentError(`${quoteArgument(value)} is not a count. Write a whole number of 1 or more.`);
}

/** Adds to a list: names separated by commas, or the option several times. */
function addNames(value: string, before: string[] = []): string[] {
	return [...before, ...value.split(',').map((name) => name.trim())];
}

function addScopes(value: string, before: KeyScope[] = []): KeyScope[] {
	return [...before, ...value.split(',').map((scope) => parseChoice(SCOPES)(scope.trim()))];
}

/** The project's keys. @throws StorageError where the database cannot be used: a key made in memory would be lost */
async function openKeys({ system }: Session): Promise<KeyStore> {
	return (await system.flush()).keys;
}

async function createKeyRequest(flags: CreateFlags, { loaded }: Session): Promise<KeyRequest> {
	const { createModelCatalog } = await import('../../catalog/index.ts');
	const { parseLifetime } = await import('../../gateway/index.ts');
	const catalog = createModelCatalog(loaded.config.models);
	return {
		name: flags.name,
		limits: { requestsPerMinute: flags.rpm, tokensPerMinute: flags.tpm, maxParallel: flags.parallel },
		scopes: flags.scope,
		team: flags.team,
		tags: flags.tag,
		// An unknown name is refused here: its key would allow nothing.
		allowedModels: flags.model?.map((name) => catalog.get(name).name),
		commit: flags.commit,
		lifetimeMs: flags.expires === undefined ? undefined : parseLifetime(flags.expires),
	};
}

function createBudgetRules(id: string, flags: CreateFlags): BudgetRule[] {
	const limits = [
		['day', flags.daily],
		['month', flags.monthly],
	] as const;
	return limits.flatMap(([period, limit]) => (limit === undefined ? [] : [{ scope: 'key', of: id, period, limit }]));
}

async function create(session: Session, flags: CreateFlags): Promise<void> {
	const { editConfig } = await import('../session.ts');
	const { prepareKey } = await import('../../gateway/index.ts');
	const keys = await openKeys(session);
	const { key, token } = prepareKey(await createKeyRequest(flags, session), Date.now());
	const rules = createBudgetRules(key.id, flags);
	// Its budget first: no key is ever in force without its limits.
	if (rules.length > 0)
		await editConfig(flags, ({ budget, ...config }) => ({
			...config,
			budget: { ...budget, rules: [...(budget?.rules ?? []), ...rules] },
		}));
	await keys.add(key, createCommandLineAuthor());
	const issued = omitSecretHash(key);
	session.output.result({ key: issued, token, budget: rules }, () => formatIssuedKey(issued, token));
}

async function list(session: Session): Promise<void> {
	const keys = await openKeys(session);
	const listed = (await keys.list()).map(omitSecretHash);
	session.output.result({ keys: listed }, () =>
		listed.length === 0
			? 'There are no keys. Make one: switchyard keys create --name my-app'
			: formatKeysTable(listed, Date.now(), session.output),
	);
}

function createUnknownKeyError(id: string): InvalidInputError {
	return new InvalidInputError(
		`There is no key ${quoteArgument(id)} in force. Give its id, not its secret: \`switchyard keys list\`.`,
	);
}

async function revoke(session: Session, _flags: GlobalOptions, id: string): Promise<void> {
	const keys = await openKeys(session);
	if (!(await keys.revoke(id, Date.now(), createCommandLineAuthor()))) throw createUnknownKeyError(id);
	const message = `Key ${id} is revoked; running gateways refuse it within five seconds.`;
	session.output.result({ id, revoked: true }, () => message);
}

async function rotate(session: Session, _flags: GlobalOptions, id: string): Promise<void> {
	const { rotateKey } = await import('../../gateway/index.ts');
	const issued = await rotateKey(await openKeys(session), id, createCommandLineAuthor());
	if (issued === null) throw createUnknownKeyError(id);
	const key = omitSecretHash(issued.key);
	session.output.result({ key, token: issued.token }, () => formatIssuedKey(key, issued.token));
}

/** `switchyard keys create|list|revoke|rotate` */
export function keysCommand(program: Command): void {
	const keys = program
		.command('keys')
		.description('make, list, revoke and rotate the keys by which callers use the gateway')
		.addHelpText(
			'after',
			'\nExamples:\n  switchyard keys create --name ci --team search --daily 5 --rpm 60\n  switchyard keys create --name ops --scope admin --expires 30d\n  switchyard keys list\n  switchyard keys revoke 7f3a9c2d1e40',
		);
	keys
		.command('list', { isDefault: true })
		.description('list the keys, newest first, without their secrets')
		.action(projectAction(list));
	keys
		.command('create')
		.description('make a key; its secret is shown this once')
		.requiredOption('--name <name>', 'what you call it')
		.option('--team <team>', 'team its requests are booked to')
		.option('--tag <tags>', 'tags its requests are booked to, separated by commas', addNames)
		.option('--scope <scopes>', 'what it may do: route, read, admin; without it route', addScopes)
		.option('--model <models>', 'the only models it may use, separated by commas', addNames)
		.option(
			'--commit <point>',
			'when its streams are sent on: first-output, whole-answer; without it as configured',
			parseChoice(COMMIT_POINTS),
		)
		.option('--expires <lifetime>', 'how long it is valid, e.g. 30d or 12h; never expires when not given')
		.option('--rpm <count>', 'requests a minute', parseCount)
		.option('--tpm <count>', 'tokens a minute, input and output', parseCount)
		.option('--parallel <count>', 'requests at once', parseCount)
		.option('--daily <usd>', 'what it may spend a day, in USD', parseAmount)
		.option('--monthly <usd>', 'what it may spend a month, in USD', parseAmount)
		.action(projectAction(create));
	keys
		.command('revoke')
		.description('revoke a key: it stops working')
		.argument('<id>', 'the id of the key')
		.action(projectAction(revoke));
	keys
		.command('rotate')
		.description('give a key a new secret; the old one stops working')
		.argument('<id>', 'the id of the key')
		.action(projectAction(rotate));
}

/** A key as it is shown: never with its hash. */
type PublicKey = Omit<VirtualKey, 'secretHash'>;

/** Whether a key opens anything now. */
function getKeyState(key: PublicKey, now: number): 'in force' | 'expired' | 'revoked' {
	if (key.revokedAt !== null) return 'revoked';
	return key.expiresAt !== null && key.expiresAt <= now ? 'expired' : 'in force';
}

/** What a key may do, and where it is limited: what holds for every key is left out. */
function describeKey({ allowedModels, commit, createdAt, expiresAt, limits, scopes, tags, team }: PublicKey): string {
	const { requestsPerMinute, tokensPerMinute, maxParallel } = limits;
	const parts = [
		`may ${scopes.join(', ')}`,
		allowedModels === null ? null : `models ${allowedModels.join(', ')}`,
		team === null ? null : `team ${escapeText(team)}`,
		tags.length === 0 ? null : `tags ${tags.map(escapeText).join(', ')}`,
		requestsPerMinute === undefined ? null : `${requestsPerMinute} requests a minute`,
		tokensPerMinute === undefined ? null : `${tokensPerMinute} tokens a minute`,
		maxParallel === undefined ? null : `${maxParallel} at once`,
		commit === undefined || commit === null ? null : `streams sent on at ${commit}`,
		expiresAt === null ? `since ${toIsoDay(createdAt)}` : `${toIsoDay(createdAt)} to ${toIsoDay(expiresAt)}`,
	];
	return parts.filter((part) => part !== null).join('; ');
}

const STATE_COLORS = { 'in force': 'green', expired: 'yellow', revoked: 'red' } as const;

/** A table of keys: who each is for, and under it what it may do. */
function formatKeysTable(keys: readonly PublicKey[], now: number, output: Output): string {
	const rows = keys.map((key) => {
		const state = getKeyState(key, now);
		return [key.id, output.style(STATE_COLORS[state], state), `${escapeText(key.name)}\n${describeKey(key)}`];
	});
	return formatTable(['Id', 'State', 'Name, and what it may do'], rows);
}

/** The one time a key's secret is shown. */
function formatIssuedKey(key: PublicKey, token: string): string {
	return [
		`Key ${key.id} ("${escapeText(key.name)}"), scopes ${key.scopes.join(', ')}, expires: ${key.expiresAt === null ? 'never' : toIsoDay(key.expiresAt)}.`,
		'',
		`  ${token}`,
		'',
		'Keep it now: it is stored nowhere and cannot be shown again.\nClients send it as their API key.',
	].join('\n');
}
