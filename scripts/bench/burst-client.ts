/**
 * The load generator's HTTP client: one request at a time on each of many kept-alive connections, with nothing that a benchmark does not need. It runs on
 * the same cores as the home it measures, and node's own client would cost as much there as the home does.
 */
import { connect, type Socket } from 'node:net';

/** An answer that is not a success. */
export class HomeRefusal extends Error {
  constructor(status: number, body: string) {
    super(`the home answered ${status}: ${body}`);
  }
}

interface Call {
  request: Buffer;
  resolve: (body: string) => void;
  reject: (error: Error) => void;
}

export class BurstClient {
  readonly #host: string;
  readonly #token: string;
  readonly #connections: Connection[] = [];
  readonly #idle: Connection[] = [];
  #waiting: Call[] = [];
  /** The first of `#waiting` that was not sent; shifting thousands of them one by one would move them all each time. */
  #next = 0;
  #open = 0;
  /** The last request as bytes; a burst sends the same one thousands of times. */
  #last: { path: string; body: string; contentType: string; request: Buffer } | undefined;

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
        const connection = new Connection({ host: hostname, port: Number(port) }, (isOpen) =>
          isOpen ? client.#sendNext(connection) : client.#forget(connection),
        );
        client.#connections.push(connection);
        await connection.isOpen;
        client.#open++;
        client.#idle.push(connection);
      }),
    );
    return client;
  }

  /** Posts and answers the body; rejects with a HomeRefusal for anything that is not a success, and when the home has closed every connection. */
  async post(path: string, body: string, contentType = 'application/json'): Promise<string> {
    const request = this.#requestOf(path, body, contentType);
    return new Promise((resolve, reject) => {
      if (this.#open === 0) return reject(new Error('the home closed every connection'));
      this.#waiting.push({ request, resolve, reject });
      const connection = this.#idle.pop();
      if (connection) this.#sendNext(connection);
    });
  }

  close(): void {
    for (const connection of this.#connections) connection.close();
  }

  #requestOf(path: string, body: string, contentType: string): Buffer {
    const last = this.#last;
    if (last?.path === path && last.body === body && last.contentType === contentType) return last.request;
    const head = `POST ${path} HTTP/1.1\r\nhost: ${this.#host}\r\nauthorization: Bearer ${this.#token}\r\n`;
    const request = Buffer.from(`${head}content-type: ${contentType}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
    this.#last = { path, body, contentType, request };
    return request;
  }

  #sendNext(connection: Connection): void {
    const call = this.#waiting[this.#next];
    if (call) {
      this.#next++;
      connection.send(call);
      return;
    }
    this.#waiting = [];
    this.#next = 0;
    this.#idle.push(connection);
  }

  /** The home closes a connection on which nothing was asked for a while; the others serve. */
  #forget(connection: Connection): void {
    this.#open--;
    const at = this.#idle.indexOf(connection);
    if (at !== -1) this.#idle.splice(at, 1);
    if (this.#open > 0) return;
    for (const { reject } of this.#waiting.splice(this.#next)) reject(new Error('the home closed every connection'));
  }
}

/** Bytes read at once: an answer to a single start has a tenth of it, one to a batch comes in parts. */
const readBytes = 16 * 1024;

class Connection {
  /** Resolves when it can be sent to. */
  readonly isOpen: Promise<unknown>;
  readonly #socket: Socket;
  readonly #onTurn: (isOpen: boolean) => void;
  #call: Call | undefined;
  #received = '';

  /** `onTurn` is told when the connection is free for a call, and when it was closed. */
  constructor(address: { host: string; port: number }, onTurn: (isOpen: boolean) => void) {
    this.#onTurn = onTurn;
    // One buffer for all that is ever read: node's stream would make one, a string decoder and some events for every answer.
    const onread = { buffer: Buffer.allocUnsafe(readBytes), callback: (bytes: number, buffer: Uint8Array) => this.#read(bytes, buffer) };
    this.#socket = connect({ ...address, noDelay: true, onread });
    this.isOpen = new Promise((resolve, reject) => this.#socket.once('connect', resolve).once('error', reject));
    this.#socket.on('close', () => {
      this.#call?.reject(new Error('the home closed the connection'));
      this.#onTurn(false);
    });
    this.#socket.on('error', (error) => this.#call?.reject(error));
  }

  send(call: Call): void {
    this.#call = call;
    this.#socket.write(call.request);
  }

  close(): void {
    this.#socket.destroy();
  }

  #read(bytes: number, buffer: Uint8Array): true {
    // The home says that it waited long enough for a request, and closes.
    if (this.#call) this.#add(this.#call, Buffer.from(buffer.buffer, buffer.byteOffset, bytes).toString('latin1'));
    return true;
  }

  /** The home always states a content-length; anything else is an error of this benchmark. */
  #add(call: Call, chunk: string): void {
    this.#received += chunk;
    const headEnd = this.#received.indexOf('\r\n\r\n');
    if (headEnd === -1) return;
    const length = /\r\ncontent-length: (\d+)/i.exec(this.#received)?.[1];
    const bodyStart = headEnd + 4;
    if (length === undefined || this.#received.length < bodyStart + Number(length)) return;
    const status = Number(this.#received.slice(9, 12));
    const body = this.#received.slice(bodyStart, bodyStart + Number(length));
    this.#call = undefined;
    this.#received = '';
    this.#onTurn(true);
    if (status < 300) call.resolve(body);
    else call.reject(new HomeRefusal(status, body));
  }
}
