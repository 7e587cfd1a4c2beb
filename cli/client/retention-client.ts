/** The part of the client that is about what is kept for how long: settings, legal holds, purges and their manifests. */
import { z } from 'zod';
import { LegalHold } from '../../shared/retention/hold/legal-hold.ts';
import type { PutHold } from '../../shared/retention/hold/put-hold.ts';
import type { ReleaseHold } from '../../shared/retention/hold/release-hold.ts';
import { PurgeAnswer, type PurgeRequest } from '../../shared/retention/purge-now.ts';
import { Purge } from '../../shared/retention/purge/purge-record.ts';
import { RetentionView } from '../../shared/retention/retention-view.ts';
import type { SetRetention } from '../../shared/retention/set-retention.ts';
import type { Answer, Transport } from './http-transport.ts';
import { parseAs } from './parse-answer.ts';

interface PageRequest {
  limit?: number;
  cursor?: string | undefined;
}

const HoldPage = z.object({ items: z.array(LegalHold), cursor: z.string().optional() });
const PurgePage = z.object({ items: z.array(Purge), cursor: z.string().optional() });

const pathOf = (tenant: string, rest: string): string => `/api/tenants/${encodeURIComponent(tenant)}/${rest}`;

export class RetentionClient {
  readonly #send: Transport;

  constructor(send: Transport) {
    this.#send = send;
  }

  async show(tenant: string): Promise<RetentionView> {
    return parseAs(RetentionView, await this.#send({ method: 'GET', path: pathOf(tenant, 'retention') }));
  }

  async set(tenant: string, change: SetRetention): Promise<RetentionView> {
    return parseAs(RetentionView, await this.#json('PATCH', pathOf(tenant, 'retention'), change));
  }

  async listHolds(tenant: string, page: PageRequest = {}): Promise<z.infer<typeof HoldPage>> {
    return parseAs(HoldPage, await this.#send({ method: 'GET', path: pathOf(tenant, 'holds'), query: { ...page } }));
  }

  async putHold(tenant: string, hold: PutHold): Promise<LegalHold> {
    return parseAs(LegalHold, await this.#json('POST', pathOf(tenant, 'holds'), hold));
  }

  async releaseHold(tenant: string, release: ReleaseHold): Promise<LegalHold> {
    return parseAs(LegalHold, await this.#json('POST', pathOf(tenant, 'hold-releases'), release));
  }

  async listPurges(tenant: string, page: PageRequest = {}): Promise<z.infer<typeof PurgePage>> {
    return parseAs(PurgePage, await this.#send({ method: 'GET', path: pathOf(tenant, 'purges'), query: { ...page } }));
  }

  async purge(tenant: string, request: z.input<typeof PurgeRequest>): Promise<PurgeAnswer> {
    return parseAs(PurgeAnswer, await this.#json('POST', pathOf(tenant, 'purges'), request));
  }

  /** The signed deletion manifest, or the inventory that it speaks of, byte for byte. */
  async manifest(purge: string, part: 'bundle' | 'inventory' = 'bundle'): Promise<string> {
    const path = `/api/purges/${encodeURIComponent(purge)}/manifest`;
    return (await this.#send({ method: 'GET', path, query: { part }, headers: { accept: '*/*' } })).text;
  }

  async #json(method: 'POST' | 'PATCH', path: string, value: unknown): Promise<Answer> {
    return this.#send({ method, path, body: { mediaType: 'application/json', content: JSON.stringify(value) } });
  }
}
