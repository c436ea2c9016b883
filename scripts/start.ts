import { getExitCode, reportError } from '../src/cli/run-command-line.ts';
import { runSamples } from '../src/cli/run-samples.ts';

// `npm start`: the gateway with sample requests through it, answered by the simulator where no provider key is set.

try {
	await runSamples();
} catch (error) {
	process.exitCode = getExitCode(error);
	reportError(error, { isJson: false, isDebug: false });
}
