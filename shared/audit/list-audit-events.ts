import { z } from 'zod';
import type { Deps } from '../port/deps.ts';
import type { Page } from '../port/table.ts';
import type { Actor } from '../tenant/actor.ts';
import { AuditEvent, auditPk } from './audit-event.ts';

const StoredEvent = z.object({ event: AuditEvent });

/** One page of the audit events of the actor's tenant, the newest first. */
export async function listAuditEvents(
  { table }: Pick<Deps, 'table'>,
  actor: Actor,
  page: { limit: number; cursor?: string },
): Promise<Page<AuditEvent>> {
  const { items, ...rest } = await table.query({ pk: auditPk(actor.tenant), reverse: true, ...page });
  return { items: items.map((item) => StoredEvent.parse(item).event), ...rest };
}
