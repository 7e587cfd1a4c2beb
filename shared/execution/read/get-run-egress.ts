import { z } from 'zod';
import { McError } from '../../core/errors.ts';
import { identityForm, type IdentityDeps } from '../../identity/identity-form.ts';
import type { Deps } from '../../port/deps.ts';
import { EgressTrace } from '../../port/egress-trace.ts';
import { listRoom, queryWithin } from '../../port/query-within.ts';
import type { Item, Page } from '../../port/table.ts';
import type { Bundle } from '../../receipt/bundle.ts';
import type { IdentityBundle } from '../../receipt/identity-bundle.ts';
import type { Statement } from '../../receipt/statement.ts';
import { signOnce, type SignOnceDeps } from '../../receipt/sign/sign-once.ts';
import type { Actor } from '../../tenant/actor.ts';
import { buildEgressStatement, callsOf } from '../egress-statement.ts';
import { executionPk, TaskRecord } from '../execution-record.ts';
import { getExecutionRecord, listTasks } from '../execution-store.ts';
import { notPurgedOp } from '../tombstone.ts';
import { parseExecutionId } from './get-execution.ts';

/** What became of the network calls of one attempt. */
export const AttemptEgress = z
  .strictObject({
    task: z.string(),
    purpose: z.enum(['task', 'compensation']),
    attempt: z.int().positive(),
    egress: EgressTrace,
  })
  .meta({ id: 'AttemptEgress' });
export type AttemptEgress = z.infer<typeof AttemptEgress>;

/** One page of the network calls of a run, by task and attempt, which ends early when they are many; throws `mc:execution:not-found`. */
export async function listRunEgress(
  deps: Pick<Deps, 'table'>,
  { tenant }: Actor,
  { id, ...page }: { id: string; limit: number; cursor?: string },
): Promise<Page<AttemptEgress>> {
  const head = await getExecutionRecord(deps, tenant, parseExecutionId(id));
  // What a task has is one thing of the page, also where it is nothing: `limit` counts tasks.
  const read = (items: readonly Item[]): Promise<AttemptEgress[][]> =>
    Promise.resolve(items.map((item) => callsOf([TaskRecord.parse(item)])));
  const query = { pk: executionPk(tenant, head.id), prefix: 'TASK#', ...page };
  const { items, cursor } = await queryWithin(deps.table, query, { ...listRoom, read });
  return { items: items.flat(), ...(cursor !== undefined && { cursor }) };
}

/** The signed runtime trace of a sealed run: signed when it is first asked for, and the same bytes ever after. Throws `mc:execution:not-sealed` before. */
export async function getEgressAttestation(deps: SignOnceDeps & Pick<Deps, 'config'>, { tenant }: Actor, id: string): Promise<Bundle> {
  const head = await getExecutionRecord(deps, tenant, parseExecutionId(id));
  const { outputs } = head;
  if (head.receiptId === null || outputs === null) throw new McError('mc:execution:not-sealed', `${head.id} is ${head.state}`);
  const build = async (): Promise<Statement> =>
    buildEgressStatement(deps.config, head, { tasks: await listTasks(deps, head), outputsDigest: outputs.digest });
  return signOnce(deps, tenant, { pk: executionPk(tenant, head.id), sk: 'EGRESS' }, { build, alongside: [notPurgedOp(tenant, head.id)] });
}

/** As getEgressAttestation, in the identity form. */
export async function getEgressIdentity(deps: IdentityDeps, actor: Actor, id: string): Promise<IdentityBundle> {
  await getEgressAttestation(deps, actor, id);
  return identityForm(deps, actor.tenant, { pk: executionPk(actor.tenant, parseExecutionId(id)), sk: 'EGRESS' });
}
