import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import manifest from '../../package.json' with { type: 'json' };

/** The root of the repository. */
export const root: string = join(import.meta.dirname, '..', '..');

/** Packages that only some deployments need. */
export const OPTIONAL_PEERS: readonly string[] = Object.keys(manifest.peerDependencies);

/** The packed package in the node_modules of an otherwise empty project. */
export interface InstalledPackage {
	/** Holds the project, and is removed with all that is in it. */
	folder: string;
	tarball: string;
	/** The project's folder. */
	project: string;
	/** The package's folder within it. */
	location: string;
	/** Puts a package of this repository into the project. */
	link(name: string): void;
	remove(): void;
}

/** Packs what would be published and installs it, with its dependencies and without optional peers. */
export function installPackage(): InstalledPackage {
	const folder = mkdtempSync(join(tmpdir(), 'switchyard-package-'));
	execFileSync('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], { cwd: root, stdio: 'ignore' });
	const tarball = join(folder, `${manifest.name}-${manifest.version}.tgz`);
	const project = join(folder, 'project');
	const location = join(project, 'node_modules', manifest.name);
	mkdirSync(location, { recursive: true });
	execFileSync('tar', ['-xzf', tarball, '--strip-components=1', '-C', location]);
	writeFileSync(join(project, 'package.json'), '{ "type": "module" }');
	const link = (name: string) => {
		const place = join(project, 'node_modules', name);
		// a scoped package lies one folder deeper
		mkdirSync(dirname(place), { recursive: true });
		symlinkSync(join(root, 'node_modules', name), place);
	};
	for (const dependency of Object.keys(manifest.dependencies)) link(dependency);
	const remove = () => rmSync(folder, { recursive: true, force: true });
	return { folder, tarball, project, location, link, remove };
}
