/**
 * The only way from a sandbox to the network: an HTTP proxy on a unix socket, one for each attempt, outside of the sandbox. What it lets through is decided in
 * pinned-connection.ts; here are the requests (read by Node's strict parser, one a connection), the limits, and the counting.
 */
import { chmod, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex, Readable } from 'node:stream';
import { McError } from '../../shared/core/errors.ts';
import type { EgressRow, EgressTrace } from '../../shared/port/egress-trace.ts';
import { EgressLedger } from './egress-ledger.ts';
import { egressLimits, type EgressLimits } from './egress-limits.ts';
import { parseTarget, type EgressTarget } from './egress-target.ts';
import { forwardRequest, maxHeaderBytes, parseForward } from './forward-request.ts';
import { hasBody, isFramed, isHonest } from './honest-request.ts';
import { answer, refuse, type Refusal } from './refusal.ts';
import { connectPinned, type EgressRules, type Pinned } from './pinned-connection.ts';
import { tunnel } from './tunnel.ts';

export interface EgressProxyOptions extends EgressRules {
  /** Where the unix socket is made. */
  path: string;
  /** Whether the task has no other way out; goes into the trace. */
  enforced: boolean;
  /** Told of every new row of the trace. */
  onRow?: (row: EgressRow) => void;
  limits?: Partial<EgressLimits>;
}

/** `sockaddr_un` has room for 107 characters on Linux and 103 on macOS; a longer path would be cut off. */
const maxSocketPathBytes = 103;

export class EgressProxy {
  readonly #options: EgressProxyOptions;
  readonly #limits: EgressLimits;
  readonly #ledger: EgressLedger;
  readonly #server: Server;
  /** Both ends of what is open, so that nothing outlives the attempt. */
  readonly #open = new Set<Duplex>();
  /** Connections that had their one request. */
  readonly #used = new WeakSet<Duplex>();
  #tunnels = 0;
  #connections = 0;
  #bytes = 0;

  private constructor(options: EgressProxyOptions) {
    this.#options = options;
    this.#limits = { ...egressLimits, ...options.limits };
    this.#ledger = new EgressLedger(options.onRow ?? ((): void => undefined));
    const { headMs } = this.#limits;
    this.#server = createServer({
      maxHeaderSize: maxHeaderBytes,
      insecureHTTPParser: false,
      requireHostHeader: true,
      headersTimeout: headMs,
      // Of a body that trickles the idle time takes care.
      requestTimeout: 0,
      connectionsCheckingInterval: Math.min(1_000, headMs),
    });
    this.#server.maxConnections = 2 * this.#limits.openConnections;
    // A second request on the same connection is never read, so none can hide behind the first. Node does not count CONNECT: #tunnel does.
    this.#server.maxRequestsPerSocket = 1;
    this.#listen();
  }

  /** Starts a proxy that answers from now on. Throws `mc:runner:refused` where no socket can be made at this path. */
  static async start(options: EgressProxyOptions): Promise<EgressProxy> {
    if (Buffer.byteLength(options.path) > maxSocketPathBytes)
      throw new McError('mc:runner:refused', `The path of the egress socket, ${options.path}, is longer than ${maxSocketPathBytes} bytes.`);
    const proxy = new EgressProxy(options);
    await new Promise<void>((resolve, reject) => {
      proxy.#server.once('error', reject);
      proxy.#server.listen(options.path, resolve);
    });
    // The task may be another user; who may come near the socket is decided by the folder around it.
    await chmod(options.path, 0o666);
    return proxy;
  }

  /** Ends every connection and takes the socket away. */
  async stop(): Promise<void> {
    for (const end of this.#open) end.destroy();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
    await rm(this.#options.path, { force: true });
  }

  trace(): EgressTrace {
    const { mode, enforced } = this.#options;
    return { mode, enforced, ...this.#ledger.trace() };
  }

  #listen(): void {
    this.#server.on('connection', (socket) => this.#track(socket));
    this.#server.on('connect', (request, _, head) => void this.#tunnel(request, head));
    this.#server.on('request', (request, response) => void this.#forward(request, response));
    // A tunnel to port 80 carries upgrades; a forwarded request has no way back to a raw connection.
    this.#server.on('upgrade', (_, client) => refuse(client, this.#refusal(undefined, 'malformed')));
    this.#server.on('clientError', (_, client) => refuse(client, this.#refusal(undefined, 'malformed')));
  }

  #track(end: Duplex): void {
    this.#open.add(end);
    end.on('error', () => undefined);
    end.once('close', () => this.#open.delete(end));
  }

  #endWhenIdle(end: Socket): void {
    end.setTimeout(this.#limits.idleMs, () => end.destroy());
  }

  #refusal(target: EgressTarget | undefined, reason: 'malformed' | 'limit'): Refusal {
    const refusal = { target, verdict: 'blocked', reason } as const;
    this.#ledger.record(refusal);
    return refusal;
  }

  async #tunnel(request: IncomingMessage, head: Buffer): Promise<void> {
    const client = request.socket;
    if (this.#used.has(client)) {
      this.#refusal(undefined, 'malformed');
      return void client.destroy();
    }
    const target = parseTarget(request.url ?? '');
    if (!target || !isHonest(request, target) || hasBody(request)) return refuse(client, this.#refusal(target, 'malformed'));
    const pinned = await this.#connect(target);
    if (!pinned.socket) return refuse(client, pinned);
    const { socket } = pinned;
    if (client.destroyed) return void socket.destroy();
    this.#meter(pinned, [client, socket], head.length);
    client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
    if (head.length > 0) socket.write(head);
    this.#endWhenIdle(client);
    tunnel(client, socket);
  }

  async #forward(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.#used.add(request.socket);
    const forward = parseForward(request.url ?? '');
    if (!forward || !isHonest(request, forward.target) || !isFramed(request))
      return answer(response, this.#refusal(forward?.target, 'malformed'));
    const pinned = await this.#connect(forward.target);
    if (!pinned.socket) return answer(response, pinned);
    if (response.destroyed) return void pinned.socket.destroy();
    this.#meter(pinned, [request, pinned.socket], 0);
    forwardRequest(forward, pinned.socket, request, response);
  }

  /** Judged and connected within the limits; what did not become a connection is recorded here. */
  async #connect(target: EgressTarget): Promise<Pinned> {
    this.#connections += 1;
    if (this.#tunnels >= this.#limits.openConnections || this.#connections > this.#limits.connections || this.#bytes >= this.#limits.bytes)
      return this.#refusal(target, 'limit');
    this.#tunnels += 1;
    const pinned = await connectPinned(target, this.#options);
    const { socket } = pinned;
    if (socket) {
      this.#track(socket);
      this.#endWhenIdle(socket);
      socket.once('close', () => (this.#tunnels -= 1));
    } else {
      this.#tunnels -= 1;
      this.#ledger.record(pinned);
    }
    return pinned;
  }

  /** Counts what both ends give, and ends everything when the attempt has moved more than it may. */
  #meter(pinned: Pinned, ends: readonly Readable[], already: number): void {
    const entry = this.#ledger.record(pinned);
    const count = (bytes: number): void => {
      this.#bytes += bytes;
      entry.add(bytes);
    };
    count(already);
    const onData = (chunk: Buffer): void => {
      count(chunk.length);
      if (this.#bytes < this.#limits.bytes) return;
      for (const end of ends) end.off('data', onData);
      this.#refusal(pinned.target, 'limit');
      for (const end of this.#open) end.destroy();
    };
    for (const end of ends) end.on('data', onData);
  }
}
