/** Lists of what may be large end their pages early, and every entry comes once. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { auditOp } from '../../../shared/audit/audit-event.ts';
import { listAuditEvents } from '../../../shared/audit/list-audit-events.ts';
import { digestBytes } from '../../../shared/core/digest.ts';
import { createWorkflow } from '../../../shared/manifest/create-workflow.ts';
import { listWorkflows } from '../../../shared/manifest/list-workflows.ts';
import { listPackages } from '../../../shared/package/list-packages.ts';
import { packageWrites } from '../../../shared/package/package-store.ts';
import type { Page } from '../../../shared/port/table.ts';
import { addTenant } from '../../support/add-tenant.ts';
import { buildActor, buildDeps, type TestHome } from '../../support/build-deps.ts';
import { buildManifest } from '../../support/build-manifest.ts';
import { buildDescriptor } from '../../support/build-package.ts';

const actor = buildActor();
let home: TestHome;
beforeEach(async () => {
  home = buildDeps();
  await addTenant(home.deps);
});
afterEach(() => home.close());

/** In JSON, and once more as the text of a function's answer, each has four characters. */
const quotes = (bytes: number): string => '"'.repeat(bytes / 2);

/** All entries of a list that is read a hundred at a time, none of whose answers is more than a function on AWS may give. */
async function wholeList<T>(list: (page: { limit: number; cursor?: string }) => Promise<Page<T>>): Promise<T[]> {
  const found: T[] = [];
  let cursor: string | undefined;
  do {
    const page = await list({ limit: 100, ...(cursor !== undefined && { cursor }) });
    expect(Buffer.byteLength(JSON.stringify(JSON.stringify(page)))).toBeLessThan(6_000_000);
    found.push(...page.items);
    cursor = page.cursor;
  } while (cursor !== undefined);
  return found;
}

test('of workflows with manifests of 250 KB', async () => {
  const names = Array.from({ length: 30 }, (_, at) => `large-${String(at + 10)}`);
  for (const name of names) {
    const text = JSON.stringify(buildManifest({ name, outputs: { a: quotes(250 * 1024) } }));
    await createWorkflow(home.deps, actor, { text, mediaType: 'application/json' });
  }
  expect((await wholeList((page) => listWorkflows(home.deps, actor, page))).map(({ name }) => name)).toEqual(names);
  expect(await listWorkflows(home.deps, actor, { name: 'large-10' })).toMatchObject({ items: [{ name: 'large-10' }] });
});

test('of audit events with rule data of 64 KB', async () => {
  const subjects = Array.from({ length: 100 }, (_, at) => String(at));
  for (const subject of subjects) {
    const change = { type: 'mc.tenant.change', subject, reason: 'larger', details: { data: quotes(64 * 1024) } } as const;
    await home.table.write([auditOp(home.deps, actor.tenant, actor, change)]);
  }
  expect((await wholeList((page) => listAuditEvents(home.deps, actor, page))).map(({ subject }) => subject)).toEqual(subjects.toReversed());
});

test.each([
  ['60 KB', { type: 'object', title: quotes(60 * 1024) }],
  // 60 KB as a tenant sends them: `1e20,1e20,…`.
  ['270 KB', { type: 'object', examples: Array.from({ length: 12_000 }, () => 1e20) }],
] as const)('of packages that say %s of themselves', async (_size, inputs) => {
  const versions = Array.from({ length: 60 }, (_, at) => `1.0.${String(at)}`);
  for (const version of versions) {
    const descriptor = buildDescriptor({ name: 'demo/large', version, inputs });
    const [id, releaseId] = [home.deps.ids.next('pkg'), home.deps.ids.next('rel')];
    const said = {
      id,
      name: 'demo/large',
      version,
      uses: `pkg:demo/large@${version}`,
      digest: digestBytes(version),
      releaseId,
      descriptor,
    };
    await home.table.write(packageWrites(actor.tenant, { ...said, publishedAt: '2026-01-15T12:00:00.000Z', publishedBy: actor.sub }));
  }
  expect((await wholeList((page) => listPackages(home.deps, actor, page))).map(({ version }) => version)).toEqual(versions);
});
