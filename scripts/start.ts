// `npm start`: sample tasks through the whole path, answered by the simulator; prints a table and ends.
import { runSamples } from '../src/cli/run-samples.ts';

await runSamples();
