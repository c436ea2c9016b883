import { join } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };

const root = join(import.meta.dirname, '..', '..');

/** Entry points of code, with their source: `./gateway` → src/gateway.ts, or a folder's index. */
const entryPoints = Object.entries(manifest.exports).flatMap(([entryPoint, target]) =>
	typeof target === 'string'
		? []
		: [[entryPoint, join(root, target.default.replace('./dist', 'src').replace(/js$/, 'ts'))]],
) as Array<[entryPoint: string, file: string]>;

const config = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile).config;
const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
const program = ts.createProgram(
	entryPoints.map(([, file]) => file),
	options,
);
const checker = program.getTypeChecker();

function resolve(symbol: ts.Symbol): ts.Symbol {
	return symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
}

function getExports(entryPoint: string): ts.Symbol[] {
	const file = program.getSourceFile(new Map(entryPoints).get(entryPoint) ?? '');
	const symbol = file && checker.getSymbolAtLocation(file);
	return symbol === undefined ? [] : checker.getExportsOfModule(symbol).map(resolve).flatMap(withBaseOfSameName);
}

/** A class for Node that extends the engine's class of the same name stands for it. */
function withBaseOfSameName(symbol: ts.Symbol): ts.Symbol[] {
	const bases = (symbol.declarations ?? []).flatMap((declaration) =>
		ts.isClassDeclaration(declaration) ? (checker.getTypeAtLocation(declaration).getBaseTypes() ?? []) : [],
	);
	const base = bases.map((type) => type.symbol).find(({ name }) => name === symbol.name);
	return base === undefined ? [symbol] : [symbol, base];
}

/** The body of an overloaded function has a signature of its own, which nobody outside sees. */
function isHiddenImplementation(node: ts.Node): boolean {
	if (!(ts.isFunctionDeclaration(node) || ts.isMethodDeclaration(node)) || node.body === undefined) return false;
	const symbol = node.name && checker.getSymbolAtLocation(node.name);
	return (symbol?.declarations?.length ?? 0) > 1;
}

/** The names in a declaration's public signatures: not in bodies, values or #private members. */
function findNames(node: ts.Node): ts.Node[] {
	if (ts.isBlock(node) || isHiddenImplementation(node)) return [];
	if (ts.isClassElement(node) && node.name !== undefined && ts.isPrivateIdentifier(node.name)) return [];
	if (ts.isVariableDeclaration(node) || ts.isParameter(node) || ts.isPropertyDeclaration(node)) {
		return node.type === undefined ? [] : findNames(node.type);
	}
	const names: ts.Node[] = [];
	if (ts.isTypeReferenceNode(node)) names.push(node.typeName);
	if (ts.isTypeQueryNode(node)) names.push(node.exprName);
	if (ts.isExpressionWithTypeArguments(node)) names.push(node.expression);
	ts.forEachChild(node, (child) => void names.push(...findNames(child)));
	return names;
}

/** Types of this package that the entry point's signatures name, each with an export that names it. */
function findNamedTypes(entryPoint: string): Map<ts.Symbol, string> {
	const named = new Map<ts.Symbol, string>();
	for (const exported of getExports(entryPoint)) {
		for (const name of (exported.declarations ?? []).flatMap(findNames)) {
			const symbol = checker.getSymbolAtLocation(name);
			if (symbol !== undefined) named.set(resolve(symbol), exported.name);
		}
	}
	for (const symbol of named.keys()) {
		const file = symbol.declarations?.[0]?.getSourceFile().fileName ?? '';
		// `(typeof LIST)[number]` shows its members where it is used: the list need not be public
		const isShown = symbol.flags & (ts.SymbolFlags.TypeParameter | ts.SymbolFlags.Variable);
		if (!file.startsWith(join(root, 'src')) || isShown) named.delete(symbol);
	}
	return named;
}

describe('a TypeScript user can write down every type that a signature names', () => {
	// Rows and ports of storage have one entry point. `./engine` stands alone; every other entry point stands beside `.`.
	it.each(entryPoints)('%s', (entryPoint) => {
		const others = entryPoint === '.' || entryPoint === './engine' ? ['./storage'] : ['./storage', '.'];
		const exported = new Set([entryPoint, ...others].flatMap(getExports));
		const missing = [...findNamedTypes(entryPoint)].filter(([symbol]) => !exported.has(symbol));
		expect(missing.map(([symbol, from]) => `${symbol.name}, named by ${from}`)).toEqual([]);
	});
});

it('`.` holds all of `./engine`, and nothing that storage backends alone need', () => {
	const main = new Set(getExports('.'));
	expect(getExports('./engine').filter((symbol) => !main.has(symbol))).toEqual([]);
	expect(getExports('./storage').filter((symbol) => main.has(symbol))).toEqual([]);
});
