/**
 * A fast mock provider on loopback: OpenAI chat completions and Anthropic messages, JSON and streams.
 * node benchmarks/gateway/mock/main.ts PORT
 * Written on node:net with its own request reader, so that it is not what is measured.
 */
import { createServer } from 'node:net';
import { MockConnection } from './mock-connection.ts';
import { MockState } from './mock-state.ts';

const state = new MockState();
const server = createServer({ noDelay: true }, (socket) => new MockConnection(socket, state));
server.listen({ port: Number(process.argv[2] ?? 19_090), host: '127.0.0.1', backlog: 4096 });
process.on('SIGTERM', () => process.exit(0));
