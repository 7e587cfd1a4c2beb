/**
 * One request of node:http as the pipeline sees it, and all that it holds of its host until its answer was given or its caller has gone. It is one object of a
 * class, because functions made anew for every request and lists of what to undo are garbage that a burst makes thousands of times a second.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RawRequest } from '../../functions/middleware/raw-request.ts';
import type { Actor } from '../../shared/tenant/actor.ts';
import type { ByteBudget } from './body/byte-budget.ts';
import { readRequestBody, type BodyHolder } from './body/read-request-body.ts';

export type Authenticate = (authorization: string | undefined) => Actor | Promise<Actor>;

/** Counts a request that stands for so many starts; what it returns is called when its answer was given. */
export type CountStarts = (starts: number) => () => void;

/** What the requests of a host share. */
export interface ExchangeHost {
  authenticate: Authenticate;
  /** Origin under which callers reach the home. */
  origin: string;
  /** What bodies may take together. */
  budget: ByteBudget;
}

export class HttpExchange implements RawRequest, BodyHolder {
  readonly #request: IncomingMessage;
  readonly #host: ExchangeHost;
  /** Present for a caller who waits for a go-ahead before the body. */
  readonly #awaited: ServerResponse | undefined;
  #reserved = 0;
  #enter: CountStarts | undefined;
  #leave: (() => void) | undefined;
  readonly origin: string;
  readonly path: string;
  readonly query: string;
  params: RawRequest['params'] = {};

  constructor(request: IncomingMessage, host: ExchangeHost, awaited: ServerResponse | undefined) {
    this.#request = request;
    this.#host = host;
    this.#awaited = awaited;
    this.origin = host.origin;
    const url = request.url ?? '/';
    const queryAt = url.indexOf('?');
    this.path = queryAt === -1 ? url : url.slice(0, queryAt);
    this.query = queryAt === -1 ? '' : url.slice(queryAt + 1);
  }

  get headers(): RawRequest['headers'] {
    return this.#request.headers;
  }

  authenticate(): Actor | Promise<Actor> {
    return this.#host.authenticate(this.#request.headers.authorization);
  }

  readBody(maxBytes: number): Promise<Uint8Array> {
    return readRequestBody(this.#request, maxBytes, this);
  }

  /** Takes bytes of the host's budget until the end, or answers false. */
  reserve(bytes: number): boolean {
    if (!this.#host.budget.take(bytes)) return false;
    this.#reserved += bytes;
    return true;
  }

  allowBody(): void {
    this.#awaited?.writeContinue();
  }

  /** Has the request counted until its end; as one start, until it says that it stands for more. */
  countBy(enter: CountStarts | undefined): void {
    this.#enter = enter;
    this.#leave = enter?.(1);
  }

  standsFor(starts: number): void {
    // A caller may have gone since the body was read.
    if (this.#enter === undefined) return;
    this.#leave?.();
    this.#leave = this.#enter(starts);
  }

  /** Gives back what was held. Called once, when the response is closed. */
  end(): void {
    this.#host.budget.give(this.#reserved);
    this.#leave?.();
    this.#enter = undefined;
  }
}
