import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';

/** A proxy that opens tunnels and writes down for whom. */
export interface ConnectProxy {
	/** `http://127.0.0.1:PORT`. */
	url: string;
	/** What it was asked for, e.g. `api.example:443`, with the credentials that came. */
	asked: Array<{ authority: string; credentials: string | undefined }>;
	/** Answered in place of a tunnel; 0 opens it. */
	refuseWith: number;
	close(): Promise<void>;
}

/** Starts one on loopback; `ports` says where on this machine each host and port really is. */
export async function startConnectProxy(ports: Readonly<Record<string, number>>): Promise<ConnectProxy> {
	const sockets = new Set<Socket>();
	const server = createServer((_request, response) => response.writeHead(405).end());
	server.on('connection', (socket) => sockets.add(socket));
	server.on('connect', ({ headers, url = '' }: IncomingMessage, socket: Socket) => {
		proxy.asked.push({ authority: url, credentials: headers['proxy-authorization'] });
		// The other side may hang up at any time.
		socket.on('error', () => {});
		const port = ports[url];
		if (proxy.refuseWith !== 0 || port === undefined) {
			socket.end(`HTTP/1.1 ${proxy.refuseWith || 502} Refused\r\n\r\n`);
			return;
		}
		const upstream = connect(port, '127.0.0.1', () => {
			socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
			upstream.pipe(socket).pipe(upstream);
		});
		upstream.on('error', () => socket.destroy());
		sockets.add(upstream);
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	const address = server.address();
	const port = typeof address === 'object' && address !== null ? address.port : 0;
	const proxy: ConnectProxy = {
		url: `http://127.0.0.1:${port}`,
		asked: [],
		refuseWith: 0,
		close: async () => {
			const closed = once(server, 'close');
			server.close();
			for (const socket of sockets) socket.destroy();
			await closed;
		},
	};
	return proxy;
}
