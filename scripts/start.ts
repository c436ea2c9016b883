// `npm start`: the gateway with sample requests through it, answered by the simulator where no provider key is set.

import { exitCodeOf, reportError } from '../src/cli/report-error.ts';
import { runSamples } from '../src/cli/run-samples.ts';

try {
	await runSamples();
} catch (error) {
	process.exitCode = exitCodeOf(error);
	reportError(error, { isJson: false, isDebug: false });
}
