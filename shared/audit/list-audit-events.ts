import { z } from 'zod';
import type { Deps } from '../port/deps.ts';
import { listRoom, queryWithin } from '../port/query-within.ts';
import type { Item, Page } from '../port/table.ts';
import type { Actor } from '../tenant/actor.ts';
import { AuditEvent, auditPk } from './audit-event.ts';

const StoredEvent = z.object({ event: AuditEvent });

/** An event has some 300 characters, and up to 70 KB where rule data was changed. */
const itemsAtOnce = 25;

const toEvents = async (items: readonly Item[]): Promise<AuditEvent[]> => items.map((item) => StoredEvent.parse(item).event);

/** One page of the audit events of the actor's tenant, the newest first; it ends early when they are large. */
export async function listAuditEvents(
  { table }: Pick<Deps, 'table'>,
  actor: Actor,
  page: { limit: number; cursor?: string },
): Promise<Page<AuditEvent>> {
  return queryWithin(table, { pk: auditPk(actor.tenant), reverse: true, ...page }, { ...listRoom, itemsAtOnce, read: toEvents });
}
