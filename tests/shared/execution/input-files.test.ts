import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { listAuditEvents } from '../../../shared/audit/list-audit-events.ts';
import { digestBytes } from '../../../shared/core/digest.ts';
import { maxFileBytes, uploadFile } from '../../../shared/execution/admit/input-files.ts';
import { fileKey } from '../../../shared/manifest/file-ref.ts';
import { buildActor, buildDeps, type TestHome } from '../../support/build-deps.ts';

const actor = buildActor(['operator']);
const bytes = new TextEncoder().encode('hello');
const digest = digestBytes(bytes);

let home: TestHome;
beforeEach(() => {
  home = buildDeps();
});
afterEach(() => home.close());

describe('an uploaded file', () => {
  test('is told in the audit events of its tenant, once, and the same bytes again change nothing', async () => {
    await uploadFile(home.deps, actor, { name: 'a.txt', bytes });
    const stored = await home.table.get(fileKey(actor.tenant, digest));
    home.clock.advance(1_000);
    const again = await uploadFile(home.deps, { ...actor, sub: 'other@example.com' }, { name: 'b.txt', bytes });
    expect(again).toEqual({ digest, name: 'b.txt', sizeBytes: 5 });
    expect(await home.table.get(fileKey(actor.tenant, digest))).toEqual(stored);
    expect((await listAuditEvents(home.deps, actor, { limit: 9 })).items).toMatchObject([
      { type: 'mc.file.upload', subject: digest, data: { actor: { sub: actor.sub }, details: { name: 'a.txt', sizeBytes: 5 } } },
    ]);
  });

  test('that is too large leaves nothing behind', async () => {
    const upload = uploadFile(home.deps, actor, { name: 'a.txt', bytes: new Uint8Array(maxFileBytes + 1) });
    await expect(upload).rejects.toMatchObject({ code: 'mc:request:too-large' });
    expect((await listAuditEvents(home.deps, actor, { limit: 9 })).items).toEqual([]);
  });
});
