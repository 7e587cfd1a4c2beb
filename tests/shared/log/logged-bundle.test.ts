/** Bundles with their log entry: accepted by us and by stock cosign with no insecure flag, and refused by both when anything about the entry is off. */
import { generateKeyPairSync, sign } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { canonicalJson } from '../../../shared/core/json/canonical-json.ts';
import { digestBytes } from '../../../shared/core/digest.ts';
import { checkpointText, readCheckpoint, sealCheckpoint, type Checkpoint } from '../../../shared/log/checkpoint.ts';
import { integrateLog } from '../../../shared/log/integrate-log.ts';
import { logEntry } from '../../../shared/log/log-entry.ts';
import { logEntryOp } from '../../../shared/log/log-entry-op.ts';
import { logIdentity, type LogIdentity } from '../../../shared/log/log-identity.ts';
import { withLogEntry } from '../../../shared/log/with-log-entry.ts';
import type { Bundle } from '../../../shared/receipt/bundle.ts';
import { signStatement } from '../../support/receipt/sign-statement.ts';
import { predicateTypes } from '../../../shared/receipt/statement.ts';
import type { TlogEntry } from '../../../shared/log/tlog-entry.ts';
import { trustedLogs } from '../../../shared/receipt/trusted-logs.ts';
import { trustedRoot } from '../../../shared/receipt/trusted-root.ts';
import { withoutLogEntry } from '../../../shared/receipt/without-log-entry.ts';
import { verifyBundle } from '../../../shared/receipt/verify-bundle.ts';
import { buildDeps, type TestHome } from '../../support/build-deps.ts';
import { artifact, buildStatement } from '../../support/build-statement.ts';
import { askCosign } from '../../support/log/cosign.ts';
import { findOracle } from '../../support/find-oracle.ts';
import { flipped } from '../../support/identity/key-cases.ts';

let home: TestHome;
let pem: string;
let log: LogIdentity;
/** Entries 2 and 3 of a log of 7; they were integrated in one batch. */
let [good, neighbour]: (Bundle | undefined)[] = [];
let notLogged: Bundle;

const stranger = generateKeyPairSync('ed25519');
const strangersLog = logIdentity(stranger.publicKey.export({ type: 'spki', format: 'pem' }).toString());

beforeAll(async () => {
  home = buildDeps();
  const { deps } = home;
  ({ pem } = await deps.signer.publicKey());
  log = logIdentity(await deps.logKey.publicKey());
  const bundles: { bundle: Bundle; leaf: string }[] = [];
  for (let count = 0; count < 7; count += 1) {
    const bundle = await signStatement(deps.signer, buildStatement({ predicate: { note: `statement ${count}` } }));
    const { leaf, op } = logEntryOp(bundle, pem, { pk: 'T#acme#X', sk: `R${count}` });
    await deps.table.write([op]);
    bundles.push({ bundle, leaf });
    if (count === 1) await integrateLog(deps);
  }
  const logged = await Promise.all(bundles.map(({ bundle, leaf }) => withLogEntry(deps, bundle, leaf)));
  [good, neighbour] = [2, 3].map((index) => logged.find((bundle) => entryOf(bundle).logIndex === String(index)));
  notLogged = bundles[0]?.bundle ?? required(good);
});
afterAll(() => home.close());

function required<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('it is missing');
  return value;
}

function entryOf(bundle: Bundle): TlogEntry {
  return required(bundle.verificationMaterial.tlogEntries?.[0]);
}

/** The good bundle with something done to its entry. */
function changed(change: (entry: TlogEntry) => void): Bundle {
  const bundle = structuredClone(required(good));
  change(entryOf(bundle));
  return bundle;
}

/** A checkpoint with something changed before it is signed, by the log itself or by a stranger. */
async function resealed(change: Partial<Checkpoint>, by: 'log' | 'stranger' = 'log', as: LogIdentity = log): Promise<string> {
  const checkpoint = required(readCheckpoint(entryOf(required(good)).inclusionProof.checkpoint.envelope));
  const text = checkpointText({ ...checkpoint, ...change });
  const bytes = Buffer.from(text);
  return sealCheckpoint(text, as, by === 'log' ? await home.deps.logKey.sign(bytes) : sign(null, bytes, stranger.privateKey));
}

const negatives: [string, () => Promise<Bundle> | Bundle][] = [
  ['a changed hash in the inclusion proof', () => changed(({ inclusionProof: p }) => (p.hashes[0] = flipped(p.hashes[0] ?? '')))],
  ['one hash less in the inclusion proof', () => changed(({ inclusionProof: p }) => void p.hashes.pop())],
  ['one hash more in the inclusion proof', () => changed(({ inclusionProof: p }) => void p.hashes.push(p.rootHash))],
  ['the hashes of the proof in another order', () => changed(({ inclusionProof: p }) => void p.hashes.reverse())],
  ['another index', () => changed((entry) => (entry.logIndex = entry.inclusionProof.logIndex = '3'))],
  [
    'the entry of another statement, with its good proof',
    () => changed((entry) => Object.assign(entry, structuredClone(entryOf(required(neighbour))))),
  ],
  [
    'a checkpoint that a stranger signed in the name of the log',
    async () => {
      const note = await resealed({}, 'stranger');
      return changed(({ inclusionProof: p }) => (p.checkpoint.envelope = note));
    },
  ],
  [
    'a checkpoint of another log',
    async () => {
      const note = await resealed({ origin: strangersLog.origin }, 'stranger', strangersLog);
      return changed(({ inclusionProof: p }) => (p.checkpoint.envelope = note));
    },
  ],
  [
    'a checkpoint of another tree, well signed',
    async () => {
      const note = await resealed({ root: Buffer.alloc(32, 7) });
      return changed(({ inclusionProof: p }) => (p.checkpoint.envelope = note));
    },
  ],
  [
    'a checkpoint without its signature',
    () => changed(({ inclusionProof: p }) => (p.checkpoint.envelope = p.checkpoint.envelope.split('\u2014')[0] ?? '')),
  ],
  ['the id of another log', () => changed((entry) => (entry.logId.keyId = strangersLog.id.toString('base64')))],
  ['an unknown field in the entry', () => changed((entry) => Object.assign(entry, { more: 1 }))],
];

/** Copies of what the checkpoint and the envelope say already: cosign reads only those, and we want all of it to agree. */
const contradictions: [string, () => Bundle][] = [
  ['another root hash', () => changed(({ inclusionProof: p }) => (p.rootHash = flipped(p.rootHash)))],
  ['another tree size', () => changed(({ inclusionProof: p }) => (p.treeSize = '8'))],
  [
    'the entry of another statement under its own proof',
    () => changed((entry) => (entry.canonicalizedBody = entryOf(required(neighbour)).canonicalizedBody)),
  ],
  ['another kind of entry beside the entry', () => changed((entry) => void Object.assign(entry.kindVersion, { kind: 'intoto' }))],
];

const refused = expect.objectContaining({ code: 'mc:receipt:invalid' });

test('an entry is canonical JSON, which cosign makes of it again', () => {
  const entry = logEntry(required(good).dsseEnvelope, pem);
  expect(canonicalJson(JSON.parse(entry))).toBe(entry);
});

describe('we', () => {
  test('accept a bundle with its entry, and say where it stands', () => {
    const { log: place } = verifyBundle(required(good), { pem, artifact: digestBytes(artifact), logs: [log], requireLog: true });
    expect(place).toEqual({ origin: log.origin, index: 2, size: 7, isTrusted: true });
    expect(verifyBundle(required(good), { pem }).log).toEqual({ origin: log.origin, index: 2, size: 7, isTrusted: false });
  });

  test.each([...negatives, ...contradictions])('refuse %s', async (_what, build) => {
    const bundle = await build();
    expect(() => verifyBundle(bundle, { pem, logs: [log] })).toThrow(refused);
  });

  test('refuse what names no trusted log, and, when asked to, what is in no log', () => {
    expect(() => verifyBundle(required(good), { pem, logs: [strangersLog] })).toThrow(refused);
    expect(() => verifyBundle(required(good), { pem, logs: [] })).toThrow(refused);
    expect(() => verifyBundle(notLogged, { pem, logs: [log], requireLog: true })).toThrow(refused);
    expect(verifyBundle(notLogged, { pem, logs: [log] }).log).toBeNull();
  });

  test('refuse two entries, and an entry that would be too large to read', () => {
    const twice = structuredClone(required(good));
    twice.verificationMaterial.tlogEntries?.push(entryOf(twice));
    const huge = changed(({ inclusionProof: p }) => (p.hashes = Array.from({ length: 65 }, () => p.rootHash)));
    const long = changed(({ inclusionProof: p }) => (p.checkpoint.envelope = 'x'.repeat(20_000)));
    for (const bundle of [twice, huge, long]) expect(() => verifyBundle(bundle, { pem, logs: [log] })).toThrow(refused);
  });
});

describe('a trusted root', () => {
  test('gives back its logs', () => {
    expect(trustedLogs(JSON.parse(JSON.stringify(trustedRoot([log])))).map(({ origin, id }) => [origin, id])).toEqual([
      [log.origin, log.id],
    ]);
    expect(trustedLogs(trustedRoot())).toEqual([]);
  });

  test('passes over logs with keys of other kinds, such as the public ones', () => {
    const [tlog] = trustedRoot([log])['tlogs'] as { publicKey: object }[];
    const other = { ...tlog, publicKey: { ...tlog?.publicKey, keyDetails: 'PKIX_ECDSA_P256_SHA_256' } };
    expect(trustedLogs({ ...trustedRoot(), tlogs: [other] })).toEqual([]);
  });

  test.each([
    ['no trusted root', (): unknown => ({ tlogs: [] })],
    ['a log under the id of another', () => withTlog({ logId: { keyId: strangersLog.id.toString('base64') } })],
    ['a log under another name', () => withTlog({ baseUrl: 'https://log.example.com' })],
    ['a log without a key', () => withTlog({ publicKey: { rawBytes: 'AAAA', keyDetails: 'PKIX_ED25519' } })],
  ])('%s is refused', (_what, build) => {
    expect(() => trustedLogs(build())).toThrow(expect.objectContaining({ code: 'mc:cli:usage' }));
  });

  function withTlog(change: object): unknown {
    const [tlog] = trustedRoot([log])['tlogs'] as object[];
    return { ...trustedRoot(), tlogs: [{ ...tlog, ...change }] };
  }
});

const cosign3 = findOracle('cosign3');
(cosign3 === undefined ? describe.skip : describe)('stock cosign 3, with a key and a trusted root and no insecure flag', () => {
  const ask = (bundle: unknown, root: unknown = trustedRoot([log]), file = artifact): string =>
    askCosign(cosign3 ?? '', { bundle, pem, artifact: file, predicateType: predicateTypes.run, trustedRoot: root });

  test('accepts what we log', () => expect(ask(good)).toBe('ok'));

  test.each(negatives)('refuses %s, as we do', async (_what, build) => {
    expect(ask(await build())).toContain('Error');
  });

  test.each(contradictions)('does not read %s, where it is stricter to refuse', (_what, build) => {
    expect(ask(build())).toBe('ok');
  });

  test('refuses a bundle without an entry, one of a log it does not know, and another file', () => {
    expect(ask(notLogged)).toContain('Error');
    expect(ask(good, trustedRoot([strangersLog]))).toContain('Error');
    expect(ask(good, trustedRoot())).toContain('Error');
    expect(ask(good, trustedRoot([log]), 'another file')).toContain('Error');
  });
});

const cosign2 = findOracle('cosign2');
(cosign2 === undefined ? test.skip : test)(
  'stock cosign 2 does not know entries of this version, and accepts the bundle without its entry',
  () => {
    const flags = ['--new-bundle-format', '--insecure-ignore-tlog=true'];
    const question = {
      bundle: withoutLogEntry(required(good)),
      pem,
      predicateType: predicateTypes.run,
      trustedRoot: trustedRoot([log]),
      flags,
    };
    expect(askCosign(cosign2 ?? '', { ...question, artifact })).toBe('ok');
    expect(askCosign(cosign2 ?? '', { ...question, bundle: good, artifact })).toContain('Error');
    expect(askCosign(cosign2 ?? '', { ...question, artifact: 'another file' })).toContain('Error');
  },
);
