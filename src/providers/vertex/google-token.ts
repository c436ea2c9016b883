import { createRequire } from 'node:module';
import { InvalidConfigError } from '../../errors/index.ts';

const PACKAGE = '@ai-sdk/google-vertex';

/** What of Google's library is used. */
interface GoogleAuthLibrary {
	GoogleAuth: new (options: {
		scopes: string;
		projectId?: string;
	}) => {
		getAccessToken(): Promise<string | null | undefined>;
	};
}

/** Google's library belongs to the package that needs it, so it is looked for from there. */
function loadLibrary(id: string): GoogleAuthLibrary {
	const here = createRequire(import.meta.url);
	try {
		// The library's own exports: only the class above is used of them.
		return createRequire(here.resolve(`${PACKAGE}/package.json`))('google-auth-library') as GoogleAuthLibrary;
	} catch (cause) {
		const message = `needs the package ${PACKAGE}, which is not installed. Run: npm install ${PACKAGE}`;
		throw new InvalidConfigError([{ path: `deployments "${id}"`, message }], { cause });
	}
}

/** Tokens of the application's own Google identity; the library keeps them until they expire. */
export function createGoogleTokens({
	id,
	project,
}: {
	id: string;
	project?: string | undefined;
}): () => Promise<string> {
	let auth: InstanceType<GoogleAuthLibrary['GoogleAuth']> | null = null;
	return async () => {
		auth ??= new (loadLibrary(id).GoogleAuth)({
			scopes: 'https://www.googleapis.com/auth/cloud-platform',
			...(project === undefined ? {} : { projectId: project }),
		});
		try {
			const token = await auth.getAccessToken();
			if (typeof token === 'string' && token !== '') return token;
			throw new Error('Google gave no token.');
		} catch (cause) {
			const message =
				'has no Google credentials. Run "gcloud auth application-default login", set GOOGLE_APPLICATION_CREDENTIALS, or name a token as apiKey with "auth": "bearer"';
			throw new InvalidConfigError([{ path: `deployments "${id}"`, message }], { cause });
		}
	};
}
