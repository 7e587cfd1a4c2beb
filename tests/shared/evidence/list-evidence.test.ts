import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { digestBytes } from '../../../shared/core/digest.ts';
import { AuditEvent } from '../../../shared/audit/audit-event.ts';
import { getEvidenceFile } from '../../../shared/evidence/get-evidence-file.ts';
import { listEvidence } from '../../../shared/evidence/list-evidence.ts';
import { LinkQuery } from '../../../shared/evidence/link/signed-link.ts';
import type { EvidenceArtifact, EvidenceManifest } from '../../../shared/evidence/evidence-manifest.ts';
import type { Deps } from '../../../shared/port/deps.ts';
import { buildActor } from '../../support/build-deps.ts';
import { openEngine, type Engine } from '../../support/open-engine.ts';

const origin = 'https://home.example.com';
const manifest = `name: two
version: 1.0.0
tasks:
  - { id: a, uses: 'pkg:demo/echo@1.0.0', with: { said: hello } }
  - { id: b, uses: 'pkg:demo/echo@1.0.0', needs: [a] }
outputs: { said: '\${{ tasks.a.outputs.said }}' }
`;

let engine: Engine;
let deps: Deps;
let id: string;
let page: EvidenceManifest;

beforeAll(async () => {
  engine = await openEngine();
  ({ deps } = engine.home);
  engine.simulate((spec) => ({
    result: { kind: 'succeeded', outputs: spec.inputs, usage: { wallMs: 1 } },
    log: [{ at: 1_760_000_000_000, stream: 'stdout', text: `task ${spec.taskId}` }],
  }));
  await engine.publish(manifest);
  id = (await engine.finish((await engine.start({ workflow: 'two' })).id)).id;
  page = await listEvidence(deps, engine.actor, { id, limit: 20, origin });
}, 60_000);
afterAll(() => engine.close());

/** The parameters of an address as its operation parses them. */
function queryOf({ url }: Pick<EvidenceArtifact, 'url'>): LinkQuery {
  const { expires, ...rest } = Object.fromEntries(new URL(url).searchParams);
  return LinkQuery.parse({ ...rest, expires: Number(expires) });
}

const found = (name: string): EvidenceArtifact => page.artifacts.find((artifact) => artifact.name === name)!;
const at = (now: number): Deps => ({ ...deps, clock: { ...deps.clock, now: () => now } });
const events = async (type: string): Promise<AuditEvent[]> => {
  const { items } = await deps.table.query({ pk: 'T#acme#AUDIT', prefix: 'evt_', limit: 1_000 });
  return items.map(({ event }) => AuditEvent.parse(event)).filter((event) => event.type === type);
};

describe('the evidence of a run', () => {
  test('names everything the run left behind, and each address opens exactly those bytes', async () => {
    expect(page.artifacts.map(({ name }) => name)).toEqual([
      'receipt.sigstore.json',
      'workflow.json',
      'inputs.json',
      'outputs.json',
      'tasks/a/outputs.json',
      'logs/a/1.ndjson',
      'decisions/a/1.json',
      'tasks/b/outputs.json',
      'logs/b/1.ndjson',
      'decisions/b/1.json',
    ]);
    for (const artifact of page.artifacts) {
      const { bytes, mediaType } = await getEvidenceFile(deps, id, queryOf(artifact));
      expect([artifact.name, digestBytes(bytes), bytes.byteLength, mediaType]).toEqual([
        artifact.name,
        artifact.digest,
        artifact.sizeBytes,
        artifact.mediaType,
      ]);
    }
    expect(page.missing).toEqual([]);
  });

  test('is told page by page, nothing twice and nothing left out', async () => {
    const first = await listEvidence(deps, engine.actor, { id, limit: 1, origin });
    const second = await listEvidence(deps, engine.actor, { id, limit: 1, origin, cursor: first.cursor! });
    expect([...first.artifacts, ...second.artifacts].map(({ name }) => name)).toEqual(page.artifacts.map(({ name }) => name));
  });

  test('is not there for another tenant', async () => {
    await expect(listEvidence(deps, buildActor(['admin'], 'beta'), { id, limit: 1, origin })).rejects.toMatchObject({
      code: 'mc:execution:not-found',
    });
  });

  test('says what is not kept any more in place of an address', async () => {
    const without = { ...deps, blobs: { ...deps.blobs, find: async () => undefined } };
    const answer = await listEvidence(without, engine.actor, { id, limit: 20, origin });
    expect(answer.missing).toContainEqual({ name: 'logs/a/1.ndjson', digest: found('logs/a/1.ndjson').digest });
    expect(answer.artifacts.map(({ name }) => name)).not.toContain('logs/a/1.ndjson');
  });

  test('who asked and who opened an address stand in the audit log, the second leading to the first', async () => {
    const query = queryOf(found('logs/a/1.ndjson'));
    await getEvidenceFile(deps, id, query);
    const [listed] = await events('mc.evidence.list');
    expect(listed).toMatchObject({ subject: id, data: { actor: { sub: 'admin@example.com' } } });
    const read = (await events('mc.evidence.read')).at(-1);
    expect(read).toMatchObject({ subject: id, data: { details: { name: 'logs/a/1.ndjson', grant: query.grant } } });
    expect((await events('mc.evidence.list')).map((event) => event.id)).toContain(query.grant);
  });
});

describe('a signed address', () => {
  const refused = (query: LinkQuery, execution = id, given = deps): Promise<void> =>
    expect(getEvidenceFile(given, execution, query)).rejects.toMatchObject({ code: 'mc:evidence:link-refused' });

  test('lives at most ten minutes, and not a moment longer', async () => {
    const query = queryOf(found('outputs.json'));
    expect(query.expires - deps.clock.now()).toBeLessThanOrEqual(600_000);
    expect(Date.parse(found('outputs.json').expiresAt)).toBe(query.expires);
    await expect(getEvidenceFile(at(query.expires - 1), id, query)).resolves.toMatchObject({ name: 'outputs.json' });
    await refused(query, id, at(query.expires));
  });

  test('opens nothing else: no other name, digest, run, tenant, time or grant', async () => {
    const query = queryOf(found('logs/a/1.ndjson'));
    const other = queryOf(found('outputs.json'));
    const changes: Partial<LinkQuery>[] = [
      { name: other.name },
      { digest: other.digest },
      { tenant: LinkQuery.shape.tenant.parse('beta') },
      { expires: query.expires + 60_000 },
      { grant: `evt_${'0'.repeat(26)}` },
      { signature: 'A'.repeat(43) },
      { signature: other.signature },
    ];
    for (const change of changes) await refused({ ...query, ...change });
    await refused(query, `exec_${'0'.repeat(26)}`);
  });

  test('opens a piece of what it opens, and nothing beyond it', async () => {
    const query = queryOf(found('logs/a/1.ndjson'));
    const whole = (await getEvidenceFile(deps, id, query)).bytes;
    const pieces = await Promise.all([0, 10, 20].map((offset) => getEvidenceFile(deps, id, query, { offset, length: 10 })));
    expect(Buffer.concat(pieces.map(({ bytes }) => bytes))).toEqual(Buffer.from(whole.subarray(0, 30)));
    expect(await getEvidenceFile(deps, id, query, { offset: whole.length })).toMatchObject({
      sizeBytes: whole.length,
      bytes: { length: 0 },
    });
  });

  test('that ends behind all days is refused, and no failure of the home', async () => {
    const query = queryOf(found('outputs.json'));
    const last = 8_640_000_000_000_000;
    await refused({ ...query, expires: last });
    expect(LinkQuery.safeParse({ ...query, expires: last }).success).toBe(true);
    expect(LinkQuery.safeParse({ ...query, expires: last + 1 }).error?.issues).toMatchObject([{ path: ['expires'], code: 'too_big' }]);
  });

  test('of a home that has signed none is refused like a forged one', async () => {
    const query = queryOf(found('outputs.json'));
    await refused({ ...query, expires: query.expires + 365 * 24 * 3_600_000 });
  });
});
