// The module table is the architecture. A module may import only what its row names.
const words = ['util', 'contracts', 'errors'];
const knowledge = [...words, 'catalog'];
const engine = ['classify', 'route', 'execute', 'cost', 'learn'];

const modules = {
	util: [],
	contracts: [],
	errors: ['contracts'],
	catalog: words,
	...Object.fromEntries(engine.map((module) => [module, knowledge])),
	evaluate: [...knowledge, 'cost'], // figures of reports; what calls, checks and stores comes in through ports
	system: [...knowledge, ...engine, 'evaluate', 'protocol', 'storage/memory'],
	protocol: words,
	'model-rules': words,
	providers: [...words, 'protocol', 'model-rules'],
	relay: [...knowledge, 'protocol', 'providers'],
	dashboard: ['util', 'contracts'], // runs in a browser: types and pure tools only
	storage: words,
	tokenizer: ['util', 'protocol'],
	config: [...knowledge, 'route', 'cost', 'providers'], // their checks are the rules of the configuration
	observe: [...knowledge, 'config'],
	gateway: [
		...knowledge,
		'classify',
		'evaluate',
		'learn',
		'protocol',
		'model-rules',
		'providers',
		'relay',
		'system',
		'config',
	],
	'ai-sdk': [...knowledge, 'protocol', 'model-rules', 'providers', 'relay', 'system'],
	testing: [...words, 'model-rules'],
	// the command line is composition, like an entry point: it takes what it needs from the modules
	cli: [
		...knowledge,
		...engine,
		'evaluate',
		'system',
		'protocol',
		'model-rules',
		'providers',
		'relay',
		'config',
		'ai-sdk',
		'gateway',
		'testing',
	],
};
const entryPoints = {
	// not public: what the entry points for Node and the command line share
	project: [...knowledge, 'classify', 'cost', 'system', 'config', 'storage', 'providers', 'observe', 'tokenizer'],
	index: [...knowledge, 'classify', 'config', 'cost', 'evaluate', 'learn', 'protocol', 'providers', 'system'],
	engine: [...knowledge, ...engine, 'system', 'protocol', 'storage/memory'],
	storage: ['contracts'],
	testing: [...words, 'testing'],
	gateway: [...knowledge, 'config', 'providers', 'gateway'],
	'ai-sdk': ['config', 'providers', 'system', 'ai-sdk'],
};
const packages = {
	// by the command `reconcile` alone
	cost: ['csv-parse'],
	observe: ['pino'],
	providers: ['@ai-sdk', 'google-auth-library', 'ipaddr.js', 'undici'],
	// yaml: by the command `import` alone; zod: by `evaluate`, for JSON schemas
	cli: [
		'commander',
		'@ai-sdk/provider',
		'fast-string-truncated-width',
		'fast-wrap-ansi',
		'write-file-atomic',
		'yaml',
		'zod',
	],
	protocol: ['zod', '@ai-sdk/provider'],
	relay: ['@ai-sdk/provider'],
	config: ['zod', 'jsonc-parser', 'write-file-atomic'],
	'ai-sdk': ['@ai-sdk/provider'],
	tokenizer: ['gpt-tokenizer'],
	dashboard: ['preact', 'uplot'],
	gateway: ['zod', 'hono', '@hono/node-server', 'lru-cache', 'undici', '@ai-sdk/provider', '@opentelemetry/api'],
};
const impure = ['storage', 'testing', 'config', 'providers', 'observe', 'gateway', 'cli', 'tokenizer'];

const inModule = (module) => ({ path: `^src/${module}/`, pathNot: '[.](test|test-d)[.]ts$' });
const npm = ['npm', 'npm-dev', 'npm-peer', 'npm-optional', 'npm-no-pkg', 'unknown'];
const forbid = (name, from, to, comment) => ({ name, comment, severity: 'error', from, to });

const forbidden = [
	forbid('no-cycles', {}, { circular: true }),
	forbid(
		'enter-by-the-index',
		{ path: '^src/([^/]+)/', pathNot: '[.](test|test-d)[.]ts$' },
		{
			path: '^src/[^/]+/',
			pathNot: [
				'^src/$1/',
				'^src/[^/]+/index[.]ts$',
				'^src/(storage|providers|protocol)/[^/]+/index[.]ts$',
				'^src/cost/reconcile/index[.]ts$',
			],
		},
	),
	forbid(
		'siblings-do-not-import-each-other',
		{ path: '^src/(storage|providers|protocol)/([^/]+)/', pathNot: '[.](test|test-d)[.]ts$' },
		{ path: '^src/$1/[^/]+/', pathNot: ['^src/$1/$2/', '^src/$1/(shared|kinds)/'] },
	),
	forbid(
		'src-stands-alone',
		{ path: '^src/', pathNot: '[.](test|test-d)[.]ts$' },
		{ path: '^(test|benchmarks|examples|scripts)/' },
	),
	forbid(
		'every-module-is-listed',
		{ path: '^src/[^/]+/', pathNot: Object.keys(modules).map((module) => `^src/${module}/`) },
		{},
	),
];
for (const [module, may] of Object.entries(modules)) {
	const allowed = [module, ...may].map((name) => `^src/${name}/`);
	if (module === 'cli') allowed.push('^src/(project|gateway|testing)[.]ts$', '^src/index[.]ts$');
	const pkgs = (packages[module] ?? []).map((name) => `(^|/)node_modules/${name}/`);
	forbidden.push(
		forbid(
			`module-${module}`,
			inModule(module),
			{ path: '^src/', pathNot: allowed },
			`may import: ${may.join(', ') || 'nothing'}`,
		),
		forbid(`packages-${module}`, inModule(module), { dependencyTypes: npm, pathNot: pkgs }),
	);
	if (!impure.includes(module))
		forbidden.push(forbid(`pure-${module}`, inModule(module), { dependencyTypes: ['core'] }));
}
for (const [entryPoint, may] of Object.entries(entryPoints)) {
	forbidden.push(
		forbid(
			`entry-point-${entryPoint}`,
			{ path: `^src/${entryPoint}[.]ts$` },
			{
				path: '^src/',
				pathNot: [
					...may.map((name) => `^src/${name}/`),
					...(['index', 'gateway', 'ai-sdk'].includes(entryPoint) ? ['^src/project[.]ts$'] : []),
					// all that the engine exports is in the main entry point too
					...(entryPoint === 'index' ? ['^src/engine[.]ts$'] : []),
				],
			},
		),
	);
}
forbidden.push(
	forbid('sqlite-stays-home', { path: '^src/', pathNot: '^src/storage/sqlite/' }, { path: '^(node:)?sqlite$' }),
);

module.exports = {
	forbidden,
	options: {
		tsPreCompilationDeps: true,
		tsConfig: { fileName: 'tsconfig.json' },
		doNotFollow: { path: 'node_modules' },
		enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'default'] },
	},
};
