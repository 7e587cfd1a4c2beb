import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { AuditEvent } from '../../../shared/audit/audit-event.ts';
import { digestBytes, type Digest } from '../../../shared/core/digest.ts';
import { McError } from '../../../shared/core/errors.ts';
import { openDisclosure } from '../../../shared/evidence/disclosure/open-disclosure.ts';
import { verifyPack } from '../../../shared/evidence/verify/verify-pack.ts';
import type { Deps } from '../../../shared/port/deps.ts';
import { MemoryMetrics } from '../../../shared/embedded/memory-metrics.ts';
import { buildActor } from '../../support/build-deps.ts';
import { cyclonedxErrors } from '../../support/cyclonedx.ts';
import { openEngine, type Engine } from '../../support/open-engine.ts';
import { collectBytes, inMemory } from '../../support/evidence/pack-bytes.ts';
import { wrapTable } from '../../support/table/wrap-table.ts';

const manifest = `name: two
version: 1.0.0
dataClass: internal
tasks:
  - { id: load, uses: 'pkg:demo/echo@1.0.0', with: { said: hello } }
  - { id: tell, uses: 'pkg:demo/echo@1.0.0', needs: [load] }
`;

let engine: Engine;
let deps: Deps;
let id: string;
let pack: Buffer;
let folder: string;

beforeAll(async () => {
  engine = await openEngine();
  ({ deps } = engine.home);
  engine.simulate((spec) => ({
    result: { kind: 'succeeded', outputs: spec.inputs, usage: { wallMs: 1 } },
    log: [
      { at: 1_760_000_000_000, stream: 'stdout', text: `task ${spec.taskId} of ada@example.com` },
      { at: 1_760_000_000_001, stream: 'stderr', text: 'all is well' },
    ],
  }));
  await engine.publish(manifest);
  id = (await engine.finish((await engine.start({ workflow: 'two' })).id)).id;
  pack = await whole();
  folder = mkdtempSync(join(tmpdir(), 'mc-pack-'));
  writeFileSync(join(folder, 'p.tgz'), pack);
}, 60_000);
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await engine.close();
});

const whole = async (given: Deps = deps): Promise<Buffer> => collectBytes((await openDisclosure(given, engine.actor, { id })).chunks);
const verified = async (bytes = pack): ReturnType<typeof verifyPack> =>
  verifyPack(inMemory(bytes), { pems: [(await deps.signer.publicKey()).pem] });

describe('the disclosure pack of a run', () => {
  test('verifies offline, and holds what is promised', async () => {
    const { manifest: found, facts, withheld, isReceiptRedacted } = await verified();
    expect(found.files.map(({ path }) => path)).toEqual([
      'README.md',
      'provenance.json',
      'sbom.cdx.json',
      'mc.pub',
      'trusted_root.json',
      'receipt.sigstore.json',
      'decisions/start.json',
      'decisions/start.sigstore.json',
      'decisions/load/1.json',
      'decisions/tell/1.json',
      'logs/load/1.ndjson',
      'logs/tell/1.ndjson',
    ]);
    expect([facts.executionId, facts.state, isReceiptRedacted]).toEqual([id, 'succeeded', false]);
    expect(withheld).toEqual({ email: 2 });
    expect(found.missing).toEqual([]);
  });

  test('is smaller than 2 MB without logs worth the name', () => {
    expect(pack.length).toBeLessThan(64 * 1024);
  });

  test('is read by stock tar and gzip, and its files are those of the manifest', async () => {
    execFileSync('gzip', ['-t', join(folder, 'p.tgz')]);
    const listed = execFileSync('tar', ['-tvzf', join(folder, 'p.tgz')], { encoding: 'utf8', env: { ...process.env, TZ: 'UTC' } });
    expect(listed).toMatch(/^-rw-r--r-- 0\/0 +\d+ 1970-01-01 00:00 README\.md$/m);
    const out = mkdtempSync(join(folder, 'out-'));
    execFileSync('tar', ['-xzf', join(folder, 'p.tgz'), '-C', out]);
    for (const { path, digest } of (await verified()).manifest.files)
      expect([path, digestBytes(readFileSync(join(out, path)))]).toEqual([path, digest]);
    expect(readdirSync(out)).toContain('manifest.sigstore.json');
  });

  test('has a bill of materials that is CycloneDX 1.6 and names every package with its digest', async () => {
    const text = execFileSync('tar', ['-xzOf', join(folder, 'p.tgz'), 'sbom.cdx.json'], { encoding: 'utf8' });
    const sbom: unknown = JSON.parse(text);
    expect(cyclonedxErrors(sbom)).toEqual([]);
    const [{ uri, sha256 } = { uri: '', sha256: '' }] = (await verified()).facts.packages;
    expect(sbom).toMatchObject({
      components: [{ name: 'demo/echo', version: '1.0.0', purl: uri, hashes: [{ alg: 'SHA-256', content: sha256 }] }],
    });
    expect(uri).toMatch(/^pkg:oci\/echo@sha256/);
  });

  test('holds no value that was to be withheld, and each decision with what was asked', async () => {
    const texts = execFileSync('tar', ['-xzOf', join(folder, 'p.tgz')], { encoding: 'utf8' });
    expect(texts).not.toContain('ada@example.com');
    const start: unknown = JSON.parse(execFileSync('tar', ['-xzOf', join(folder, 'p.tgz'), 'decisions/start.json'], { encoding: 'utf8' }));
    expect(start).toMatchObject({ point: 'start', verdict: 'allow', input: { actor: { sub: 'admin@example.com' } } });
  });

  test('comes out the same twice, at any time, in any time zone, and in parts put one after the other', async () => {
    const { TZ } = process.env;
    const later: Deps = {
      ...deps,
      clock: { ...deps.clock, now: () => Date.UTC(2030, 5, 1), elapsedMs: () => 1, sleep: async () => undefined },
    };
    const digests: Digest[] = [];
    for (const zone of ['Pacific/Kiritimati', 'America/St_Johns']) {
      process.env['TZ'] = zone;
      digests.push(digestBytes(await whole(later)));
    }
    if (TZ === undefined) delete process.env['TZ'];
    else process.env['TZ'] = TZ;
    const { parts } = await openDisclosure(deps, engine.actor, { id, part: 0 });
    const pieces: Buffer[] = [];
    // The last part first: it makes the others again for their digests.
    for (let part = parts - 1; part >= 0; part--)
      pieces.unshift(await collectBytes((await openDisclosure(deps, engine.actor, { id, part })).chunks));
    expect([...digests, digestBytes(Buffer.concat(pieces))]).toEqual(Array(3).fill(digestBytes(pack)));
  });

  test('is an audit event and a measured time; a part that there is none of is refused', async () => {
    const { items } = await deps.table.query({ pk: 'T#acme#AUDIT', prefix: 'evt_', limit: 1_000 });
    const events = items.map(({ event }) => AuditEvent.parse(event)).filter(({ type }) => type === 'mc.evidence.disclose');
    expect(events[0]).toMatchObject({ subject: id, data: { actor: { sub: 'admin@example.com' }, details: { part: null } } });
    await expect(openDisclosure(deps, engine.actor, { id, part: 99 })).rejects.toMatchObject({ code: 'mc:disclosure:part-unknown' });
    if (!(deps.metrics instanceof MemoryMetrics)) throw new Error('an embedded home counts in memory');
    expect(deps.metrics.samples('mc_evidence_pack_ms').length).toBeGreaterThan(0);
  });

  test('is not made a fifth time at once; its parts are, and a place is free again when a reader goes away', async () => {
    const asked = await Promise.allSettled(Array.from({ length: 6 }, () => openDisclosure(deps, engine.actor, { id })));
    const readers = asked.flatMap((each) => (each.status === 'fulfilled' ? [each.value.chunks[Symbol.asyncIterator]()] : []));
    expect(readers).toHaveLength(4);
    for (const each of asked) if (each.status === 'rejected') expect(each.reason).toMatchObject({ code: 'mc:host:overloaded' });
    for (const reader of readers.slice(2)) await reader.next();
    expect((await openDisclosure(deps, engine.actor, { id, part: 0 })).parts).toBeGreaterThan(1);
    // One of which nobody took the first chunk, and twice over.
    await readers[0]?.return?.();
    expect(digestBytes(await whole())).toBe(digestBytes(pack));
    await readers[0]?.return?.();
    const again = (await openDisclosure(deps, engine.actor, { id })).chunks[Symbol.asyncIterator]();
    await expect(openDisclosure(deps, engine.actor, { id })).rejects.toMatchObject({ code: 'mc:host:overloaded' });
    for (const reader of [...readers, again]) await reader.return?.();
  });

  test('that cannot be opened, or breaks on the way, keeps no place', async () => {
    const refuse = async (): Promise<never> => Promise.reject(new Error('is not what was stored'));
    const blobs = blobsWith(async (tenant, kind, digest) => (kind === 'log' ? refuse() : deps.blobs.find(tenant, kind, digest)));
    const broken = [
      { ...deps, table: wrapTable(deps.table, { write: refuse }) },
      { ...deps, blobs },
    ];
    for (const each of broken) for (let time = 0; time < 5; time++) await expect(whole(each)).rejects.toThrow('is not what was stored');
  });

  test('is there for the own tenant only, and only when the run is sealed', async () => {
    await expect(openDisclosure(deps, buildActor(['admin'], 'beta'), { id })).rejects.toMatchObject({ code: 'mc:execution:not-found' });
    let end = (): void => undefined;
    const until = new Promise<void>((resolve) => (end = resolve));
    engine.simulate((spec) => ({ result: { kind: 'succeeded', outputs: spec.inputs, usage: { wallMs: 1 } }, until }));
    const open = await engine.start({ workflow: 'two' });
    await expect(openDisclosure(deps, engine.actor, { id: open.id })).rejects.toMatchObject({ code: 'mc:execution:not-sealed' });
    end();
    await engine.finish(open.id);
  });
});

/** Deps whose store of logs fails like this, so many times for each log. */
/** The store of the home, but for what it finds. */
function blobsWith(find: Deps['blobs']['find']): Deps['blobs'] {
  const { blobs } = deps;
  return { put: blobs.put.bind(blobs), find, remove: blobs.remove.bind(blobs) };
}

function failing(times: number, error: () => Error): Deps {
  const seen = new Map<string, number>();
  const find: Deps['blobs']['find'] = async (tenant, kind, digest) => {
    const count = seen.get(digest) ?? 0;
    seen.set(digest, count + 1);
    if (kind === 'log' && count < times) throw error();
    return deps.blobs.find(tenant, kind, digest);
  };
  return {
    ...deps,
    blobs: blobsWith(find),
    clock: { ...deps.clock, now: () => deps.clock.now(), elapsedMs: () => 0, sleep: async () => undefined },
  };
}

test('a store that gives out the very bytes that it keeps still has them afterwards', async () => {
  const line = `${JSON.stringify({ at: 1, stream: 'stdout', text: 'x'.repeat(4_000), taskId: 'load', attempt: 1 })}\n`;
  const kept = new TextEncoder().encode(line.repeat(40));
  const find: Deps['blobs']['find'] = async (tenant, kind, digest) => (kind === 'log' ? kept : deps.blobs.find(tenant, kind, digest));
  const { redactor: _none, ...rest } = deps;
  const hoarding: Deps = { ...rest, blobs: blobsWith(find) };
  await whole(hoarding);
  expect(new TextDecoder().decode(kept)).toBe(line.repeat(40));
});

describe('a store that fails', () => {
  const throttled = (): Error => new McError('mc:store:unavailable', 'slow down');

  test('for a while is asked again, and the pack is the same', async () => {
    expect(digestBytes(await whole(failing(4, throttled)))).toBe(digestBytes(pack));
  });

  test('for good breaks the pack off, and what came of it does not verify', async () => {
    const { chunks } = await openDisclosure(failing(99, throttled), engine.actor, { id });
    const got: Uint8Array[] = [];
    await expect(
      (async () => {
        for await (const chunk of chunks) got.push(chunk);
      })(),
    ).rejects.toMatchObject({ code: 'mc:store:unavailable' });
    await expect(verified(Buffer.concat(got))).rejects.toMatchObject({ code: 'mc:disclosure:invalid' });
  });

  test('by a bug of ours is not asked again', async () => {
    const bug = failing(99, () => new TypeError('a bug'));
    await expect(collectBytes((await openDisclosure(bug, engine.actor, { id })).chunks)).rejects.toThrow('a bug');
  });

  test('because the key of its month was destroyed leaves a pack that says so, and verifies', async () => {
    const shredded = failing(99, () => new McError('mc:store:shredded', 'the key of 2026-01 was destroyed'));
    const { manifest: found } = await verified(await whole(shredded));
    expect(found.missing.map(({ path }) => path)).toEqual(['logs/load/1.ndjson', 'logs/tell/1.ndjson']);
  });

  test('because a log was purged leaves a pack that says so, and verifies', async () => {
    const find: Deps['blobs']['find'] = async (tenant, kind, digest) =>
      kind === 'log' ? undefined : deps.blobs.find(tenant, kind, digest);
    const purged: Deps = { ...deps, blobs: blobsWith(find) };
    const { manifest: found } = await verified(await whole(purged));
    expect(found.missing.map(({ path }) => path)).toEqual(['logs/load/1.ndjson', 'logs/tell/1.ndjson']);
  });
});
