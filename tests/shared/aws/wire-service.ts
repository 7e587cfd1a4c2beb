import { Readable } from 'node:stream';
import type { RetryContext } from '../../../shared/aws/retry.ts';

/** One answer of a service as it comes over the wire. */
export interface WireAnswer {
  status?: number;
  headers?: Record<string, string>;
  body?: unknown;
}

interface WireRequest {
  headers: Record<string, string>;
  body?: unknown;
}

/**
 * A service of AWS behind a real client: answers in order with recorded wire shapes and keeps what was asked. The last answer repeats, and no
 * request leaves the process.
 */
export class WireService {
  readonly asked: { action: string | undefined; body: unknown }[] = [];
  readonly #answers: readonly (WireAnswer | Error)[];

  constructor(...answers: readonly (WireAnswer | Error)[]) {
    this.#answers = answers;
  }

  /** Settings for the constructor of a client. */
  get client(): object {
    return {
      region: 'eu-central-1',
      credentials: { accessKeyId: 'id', secretAccessKey: 'secret' },
      // What the adapter does about a failure is tested, not what the SDK does.
      maxAttempts: 1,
      requestHandler: { handle: async (request: WireRequest) => this.#answer(request) },
    };
  }

  #answer(request: WireRequest): { response: object } {
    const answer = this.#answers[Math.min(this.asked.length, this.#answers.length - 1)];
    const text = request.body instanceof Uint8Array ? new TextDecoder().decode(request.body) : String(request.body);
    const body: unknown = text.startsWith('{') ? JSON.parse(text) : text;
    this.asked.push({ action: request.headers['x-amz-target']?.split('.')[1], body });
    if (answer instanceof Error) throw answer;
    const { status = 200, headers = {}, body: sent = {} } = answer ?? {};
    const bytes = typeof sent === 'string' || sent instanceof Uint8Array ? Buffer.from(sent) : Buffer.from(JSON.stringify(sent));
    return {
      response: { statusCode: status, headers: { 'content-type': 'application/x-amz-json-1.0', ...headers }, body: Readable.from([bytes]) },
    };
  }
}

/** An error of a service that speaks JSON. */
export function wireError(name: string, fields: object = {}): WireAnswer {
  return { status: 400, body: { __type: `com.amazonaws#${name}`, message: name, ...fields } };
}

/** For adapters that wait between tries: no time passes. */
export const instantly: RetryContext = { clock: { sleep: async () => undefined }, ids: { random: () => 0.5 } };
