/** A proxy on a socket of its own, with servers on loopback that it may reach, and a raw client that sends exactly what it is given. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import { connect, createServer as createTcpServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EgressProxy, type EgressProxyOptions } from '../../runner/egress/egress-proxy.ts';

export interface SeenRequest {
  method: string | undefined;
  url: string | undefined;
  rawHeaders: string[];
  body: string;
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port; // A server on a TCP port has one.
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request.setEncoding('utf8')) body += String(chunk);
  return body;
}

export class EgressHarness {
  readonly #closers: (() => Promise<unknown> | void)[] = [];
  /** Names that were resolved, in order. */
  readonly resolved: string[] = [];
  readonly seen: SeenRequest[] = [];
  connections = 0;

  /** A server that writes down each request and answers `hello`. */
  async http(): Promise<number> {
    const server = createServer((request, response) => {
      void bodyOf(request).then((body) => {
        this.seen.push({ method: request.method, url: request.url, rawHeaders: request.rawHeaders, body });
        response.setHeader('connection', 'close').end('hello');
      });
    });
    server.on('connection', () => (this.connections += 1));
    this.#closers.push(
      () => server.closeAllConnections(),
      () => new Promise((resolve) => server.close(resolve)),
    );
    return listen(server);
  }

  /** A server that gives `answer` to whoever connects, as bytes, and writes down nothing. */
  raw(answer: string | Buffer): Promise<number> {
    return this.tcp((socket) => socket.once('data', () => socket.end(answer)));
  }

  /** A server that does so with every connection, whose two directions end one by one. */
  async tcp(serve: (socket: Socket) => void): Promise<number> {
    const server = createTcpServer({ allowHalfOpen: true }, (socket) => {
      this.connections += 1;
      this.#closers.unshift(() => void socket.destroy());
      socket.on('error', () => undefined);
      serve(socket);
    });
    this.#closers.push(() => new Promise((resolve) => server.close(resolve)));
    return listen(server);
  }

  async proxy(
    addresses: Readonly<Record<string, readonly string[] | (() => readonly string[])>>,
    options: Partial<EgressProxyOptions> = {},
  ): Promise<{ proxy: EgressProxy; path: string }> {
    const folder = mkdtempSync(join(tmpdir(), 'mc-eg-'));
    const path = join(folder, 'proxy.sock');
    const resolve = (host: string): Promise<string[]> => {
      this.resolved.push(host);
      const found = addresses[host];
      if (found === undefined) return Promise.reject(new Error(`ENOTFOUND ${host}`));
      return Promise.resolve([...(typeof found === 'function' ? found() : found)]);
    };
    const proxy = await EgressProxy.start({
      path,
      allow: [],
      mode: 'enforce',
      enforced: true,
      loopbackTargets: [],
      resolver: { resolve },
      ...options,
    });
    this.#closers.unshift(
      () => proxy.stop(),
      () => rmSync(folder, { recursive: true, force: true }),
    );
    return { proxy, path };
  }

  async close(): Promise<void> {
    for (const close of this.#closers.splice(0)) await close();
  }
}

/** Sends the text over the socket and answers with all that comes back until the other side closes. */
export function talk(path: string, text: string | Buffer): Promise<string> {
  return new Promise((resolve) => {
    const client = connect({ path });
    let answer = '';
    client.setTimeout(5_000, () => client.destroy());
    client.on('data', (chunk: Buffer) => (answer += chunk.toString('latin1')));
    client.on('error', () => undefined);
    client.once('close', () => resolve(answer));
    client.once('connect', () => client.write(text));
  });
}
