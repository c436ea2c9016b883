import { InvalidConfigError } from '../../errors/index.ts';

/** Loads a package that only some deployments need. @throws InvalidConfigError naming what to install */
export async function loadPackage<Module>(
	{ id, name }: { id: string; name: string },
	load: () => Promise<Module>,
): Promise<Module> {
	try {
		return await load();
	} catch (cause) {
		const code = cause instanceof Error && 'code' in cause ? cause.code : null;
		if (code !== 'ERR_MODULE_NOT_FOUND') throw cause;
		const message = `needs the package ${name}, which is not installed. Run: npm install ${name}`;
		throw new InvalidConfigError([{ path: `deployments "${id}"`, message }], { cause });
	}
}
