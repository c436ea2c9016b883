/** The load generator's process: takes a job as JSON on its command line, prints its result as JSON and ends. */
import type { LoadJob } from './load-job.ts';
import { sendLoad } from './send-load.ts';

// the benchmark's own process is the only caller
const result = await sendLoad(JSON.parse(process.argv[2] ?? '') as LoadJob);
process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0));
