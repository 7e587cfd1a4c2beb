import { createServer, request as send, type IncomingMessage, type ServerResponse } from 'node:http';
import { freePort } from './free-port.ts';

export interface ApiProxy {
  url: string;
  stop(): void;
}

/**
 * A loopback address for a deployed API. The emulator tells APIs apart by their host name (`<id>.execute-api.localhost`), which not every
 * machine's resolver knows.
 */
export async function startApiProxy(apiUrl: string, gatewayPort: number): Promise<ApiProxy> {
  const { host } = new URL(apiUrl);
  const port = await freePort();
  const forward = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    const options = {
      host: '127.0.0.1',
      port: gatewayPort,
      method: incoming.method,
      path: incoming.url,
      headers: { ...incoming.headers, host },
    };
    const request = send(options, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    request.once('error', () => outgoing.writeHead(502).end());
    incoming.pipe(request);
  };
  const server = createServer(forward);
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${port}`,
    stop: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
