/** What a run says beside its logs: messages of errors, reasons of cancels, values that policy saw. Nothing of it leaves by another door. */
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openDisclosure } from '../../../shared/evidence/disclosure/open-disclosure.ts';
import { openWithheld } from '../../../shared/evidence/disclosure/open-withheld.ts';
import { verifyPack, type PackReport } from '../../../shared/evidence/verify/verify-pack.ts';
import { AuditEvent } from '../../../shared/audit/audit-event.ts';
import type { Deps } from '../../../shared/port/deps.ts';
import { failing, openEngine, type Engine } from '../../support/open-engine.ts';
import { collectBytes, inMemory } from '../../support/evidence/pack-bytes.ts';
import { contexts, planted, spellings } from '../../support/evidence/plant-pii.ts';

const everything = [...planted.emails, ...planted.phones, ...planted.cards, ...planted.ibans, ...planted.ssns, ...planted.secrets];

let engine: Engine;
let deps: Deps;

beforeAll(async () => {
  engine = await openEngine({ isVolumeEncrypted: true });
  ({ deps } = engine.home);
}, 60_000);
afterAll(() => engine.close());

interface Packed {
  id: string;
  bytes: Buffer;
  /** The whole archive as text. */
  text: string;
}

async function packOf(name: string, dataClass: string | undefined, message: string, lines: readonly string[]): Promise<Packed> {
  engine.simulate(() => ({
    ...failing(message, false),
    log: lines.map((text, index) => ({ at: 1_760_000_000_000 + index, stream: index % 2 === 0 ? 'stdout' : 'stderr', text })),
  }));
  await engine.publish(
    `name: ${name}\nversion: 1.0.0\n${dataClass === undefined ? '' : `dataClass: ${dataClass}\n`}tasks: [{ id: a, uses: 'pkg:demo/echo@1.0.0' }]\n`,
  );
  const { id } = await engine.finish((await engine.start({ workflow: name })).id);
  const bytes = await collectBytes((await openDisclosure(deps, engine.actor, { id })).chunks);
  return { id, bytes, text: gunzipSync(bytes).toString('utf8') };
}

async function verified({ bytes }: Packed, openings?: string): Promise<PackReport> {
  return verifyPack(inMemory(bytes), { pems: [(await deps.signer.publicKey()).pem] }, openings);
}

async function openingsOf({ id }: Packed): Promise<string> {
  let text = '';
  for (let part = 0, parts = 1; part < parts; part++) {
    const answer = await openWithheld(deps, engine.actor, { id, part, reason: 'an audit' });
    text += answer.text;
    ({ parts } = answer);
  }
  return text;
}

describe('a receipt with personal data in it', () => {
  let packed: Packed;
  beforeAll(async () => {
    packed = await packOf('messages', 'internal', `no account for ${planted.emails[0]}, card ${planted.cards[0]}`, ['fine']);
  });

  test('leaves redacted, names who asked for the run all the same, and verifies', async () => {
    const { manifest, isReceiptRedacted, facts } = await verified(packed);
    expect(isReceiptRedacted).toBe(true);
    expect(manifest.files.map(({ path }) => path)).toContain('receipt.redacted.json');
    expect(manifest.files.map(({ path }) => path)).not.toContain('receipt.sigstore.json');
    expect([facts.state, packed.text.includes('"requestedBy":"admin@example.com"')]).toEqual(['failed', true]);
    expect(packed.text).not.toContain(planted.emails[0]);
    expect(packed.text).not.toContain(planted.cards[0]);
  });

  test('is, once it is opened, the very bundle that was signed, and its signature holds', async () => {
    expect((await verified(packed, await openingsOf(packed))).restored).toEqual(['receipt.redacted.json']);
    expect((await verified(packed, '')).restored).toEqual([]);
  });

  test('is opened under the eyes of the audit log, with the reason', async () => {
    const { items } = await deps.table.query({ pk: 'T#acme#AUDIT', prefix: 'evt_', limit: 1_000 });
    const opened = items.map(({ event }) => AuditEvent.parse(event)).find(({ type }) => type === 'mc.evidence.open');
    expect(opened).toMatchObject({ subject: packed.id, data: { reason: 'an audit', actor: { sub: 'admin@example.com' } } });
    await expect(openWithheld(deps, engine.actor, { id: packed.id, part: 99, reason: 'x' })).rejects.toMatchObject({
      code: 'mc:disclosure:part-unknown',
    });
  });
});

describe('planted personal data, in every context, in logs and in a message', () => {
  test.each(['internal', 'confidential', undefined, 'pii'])(
    'leaks nothing from a pack of class %s, and all of it can be opened',
    async (dataClass) => {
      const lines = Object.values(contexts).flatMap((context) => everything.map(context));
      const packed = await packOf(`corpus-${dataClass ?? 'none'}`, dataClass, `stopped at ${everything[0]}`, lines);
      // Emails of the actor stay where they say who asked; none of the planted values is one.
      expect(everything.filter((value) => spellings(value).some((spelling) => packed.text.includes(spelling)))).toEqual([]);
      const { manifest, restored } = await verified(packed, await openingsOf(packed));
      expect(restored).toEqual(manifest.files.filter(({ source }) => source).map(({ path }) => path));
      expect(restored).toContain('logs/a/1.ndjson');
    },
  );

  test('of a workflow with personal data nothing that a task printed is shown, names included', async () => {
    const packed = await packOf('names', 'pii', 'stopped', ['the patient is Ada Example', 'next: Grace Example']);
    expect(packed.text).not.toMatch(/Ada|Grace|patient/);
    expect((await verified(packed)).withheld).toMatchObject({ text: 4 });
  });

  test('of such a workflow neither is the message of a failure, wherever it stands', async () => {
    const packed = await packOf('message', 'pii', '["no record of the patient Ada Example"]', []);
    expect(packed.text).not.toMatch(/Ada|patient/);
    const { withheld, isReceiptRedacted } = await verified(packed);
    // Of the attempt, and of the run.
    expect([withheld, isReceiptRedacted]).toEqual([{ text: 2 }, true]);
    expect((await verified(packed, await openingsOf(packed))).restored).toEqual(['receipt.redacted.json']);
  });

  test('of a log that is larger than any document can be opened as well', async () => {
    const packed = await packOf('large', 'internal', 'stopped', [`${'x '.repeat(8_500_000)}${everything[0]}`]);
    const { manifest, restored } = await verified(packed, await openingsOf(packed));
    expect(manifest.files.find(({ path }) => path === 'logs/a/1.ndjson')?.sizeBytes).toBeGreaterThan(16 * 1024 * 1024);
    expect(restored).toEqual(['logs/a/1.ndjson']);
  });
});
