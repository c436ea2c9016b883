import { fileURLToPath } from 'node:url';
import { type Plugin, rolldown } from 'rolldown';

/** What the sources use of zod. A name that is missing here fails the build. */
const USED = [
	'array',
	'boolean',
	'discriminatedUnion',
	'enum',
	'exactOptional',
	'int',
	'iso',
	'lazy',
	'literal',
	'number',
	'partialRecord',
	'record',
	'strictObject',
	'string',
	'toJSONSchema',
	'union',
];

/** The used part of zod as the body of a function that returns it. */
async function bundleZod(): Promise<string> {
	const entry = `export { ${USED.join(', ')} } from ${JSON.stringify(fileURLToPath(import.meta.resolve('zod')))};`;
	const build = await rolldown({
		input: 'used-zod',
		plugins: [
			{
				name: 'used-zod',
				resolveId: (source) => (source === 'used-zod' ? '\0used-zod' : undefined),
				load: (id) => (id === '\0used-zod' ? entry : undefined),
			},
		],
	});
	const { output } = await build.generate({ format: 'iife', name: 'zod', comments: false, minify: true });
	await build.close();
	return `${output[0].code}\nreturn zod;`;
}

/**
 * Puts zod into the bundle so that it is evaluated on first use: it takes longer than all other code that an import of
 * the package evaluates, and most programs have no configuration to check. A dynamic `import()` would do the same, but a
 * configuration is checked synchronously.
 */
export function lazyZod(): Plugin {
	const id = '\0lazy-zod';
	return {
		name: 'lazy-zod',
		resolveId: (source) => (source === 'zod' ? id : undefined),
		load: async (requested) => {
			if (requested !== id) return undefined;
			const exported = USED.map(
				(name, index) => `const z${index} = lazy('${name}');\nexport { z${index} as ${name} };`,
			);
			return `let loaded;
const load = () => (loaded ??= evaluate());
function evaluate() {
${await bundleZod()}
}
/* @__NO_SIDE_EFFECTS__ */
function lazy(name) {
	return new Proxy(() => {}, {
		apply: (_target, _self, values) => load()[name](...values),
		get: (_target, member) => load()[name][member],
	});
}
${exported.join('\n')}`;
		},
	};
}
