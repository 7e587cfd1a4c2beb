/**
 * The load generator's HTTP client: one request at a time on each of many kept-alive connections, with nothing that a benchmark does not need. It runs on
 * the same cores as the home it measures, and node's own client would cost as much there as the home does.
 */
import { connect, type Socket } from 'node:net';

interface Call {
  request: string;
  resolve: (body: string) => void;
  reject: (error: Error) => void;
}

export class BurstClient {
  readonly #host: string;
  readonly #token: string;
  readonly #sockets: Socket[] = [];
  readonly #idle: Connection[] = [];
  readonly #waiting: Call[] = [];

  private constructor(host: string, token: string) {
    this.#host = host;
    this.#token = token;
  }

  /** Opens the connections. */
  static async connect(url: string, token: string, connections: number): Promise<BurstClient> {
    const { hostname, port, host } = new URL(url);
    const client = new BurstClient(host, token);
    await Promise.all(
      Array.from({ length: connections }, async () => {
        const socket = connect({ host: hostname, port: Number(port), noDelay: true });
        client.#sockets.push(socket);
        await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
        client.#idle.push(new Connection(socket, (connection) => client.#next(connection)));
      }),
    );
    return client;
  }

  /** Posts and answers the body; rejects for anything that is not a success. */
  async post(path: string, body: string, contentType = 'application/json'): Promise<string> {
    const head = `POST ${path} HTTP/1.1\r\nhost: ${this.#host}\r\nauthorization: Bearer ${this.#token}\r\n`;
    const request = `${head}content-type: ${contentType}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
    return new Promise((resolve, reject) => {
      this.#waiting.push({ request, resolve, reject });
      const connection = this.#idle.pop();
      if (connection) this.#next(connection);
    });
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #next(connection: Connection): void {
    const call = this.#waiting.shift();
    if (call) connection.send(call);
    else this.#idle.push(connection);
  }
}

class Connection {
  readonly #socket: Socket;
  readonly #onFree: (connection: Connection) => void;
  #call: Call | undefined;
  #received = '';

  constructor(socket: Socket, onFree: (connection: Connection) => void) {
    this.#socket = socket;
    this.#onFree = onFree;
    socket.setEncoding('latin1').on('data', (chunk: string) => this.#read(chunk));
    socket.on('close', () => this.#call?.reject(new Error('the home closed the connection')));
    socket.on('error', (error) => this.#call?.reject(error));
  }

  send(call: Call): void {
    this.#call = call;
    this.#socket.write(call.request);
  }

  /** The home always states a content-length; anything else is an error of this benchmark. */
  #read(chunk: string): void {
    this.#received += chunk;
    const headEnd = this.#received.indexOf('\r\n\r\n');
    if (headEnd === -1) return;
    const length = /\r\ncontent-length: (\d+)/i.exec(this.#received)?.[1];
    const bodyStart = headEnd + 4;
    if (length === undefined || this.#received.length < bodyStart + Number(length)) return;
    const call = this.#call;
    const status = Number(this.#received.slice(9, 12));
    const body = this.#received.slice(bodyStart, bodyStart + Number(length));
    this.#call = undefined;
    this.#received = '';
    this.#onFree(this);
    if (status < 300) call?.resolve(body);
    else call?.reject(new Error(`the home answered ${status}: ${body}`));
  }
}
