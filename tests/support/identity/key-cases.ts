import { preAuthEncoding } from '../../../shared/core/dsse.ts';
import type { TlogEntry } from '../../../shared/log/tlog-entry.ts';
import { maxBundleBytes, type Bundle } from '../../../shared/receipt/bundle.ts';
import { statementMediaType } from '../../../shared/receipt/media-types.ts';
import { signStatement } from '../receipt/sign-statement.ts';
import { maxSubjects } from '../../../shared/receipt/statement.ts';
import { artifact, buildStatement } from '../build-statement.ts';
import type { Case, Scene } from './scene.ts';
import { logged } from './forge.ts';

/** The bytes with one bit changed, as base64 again. */
export function flipped(base64: string, at = 20): string {
  const bytes = Buffer.from(base64, 'base64');
  bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
  return bytes.toString('base64');
}

export function changed<T>(value: T, change: (copy: T) => void): string {
  const copy = structuredClone(value);
  change(copy);
  return JSON.stringify(copy);
}

export const entryOf = (bundle: { verificationMaterial: { tlogEntries?: TlogEntry[] | undefined } }): TlogEntry => {
  const [entry] = bundle.verificationMaterial.tlogEntries ?? [];
  if (!entry) throw new Error('the bundle has no entry');
  return entry;
};

const signatureOf = (bundle: Bundle): { sig: string; keyid: string } => {
  const [signature] = bundle.dsseEnvelope.signatures;
  if (!signature) throw new Error('the bundle has no signature');
  return signature;
};

/** Signs any text, also one that our own code would refuse to sign, and logs it. */
async function signedText({ deps, good }: Scene, text: string, payloadType: string = statementMediaType): Promise<string> {
  const payload = Buffer.from(text);
  const { bytes } = await deps.signer.sign(preAuthEncoding(payloadType, payload));
  const sig = Buffer.from(bytes).toString('base64');
  const signatures = [{ sig, keyid: signatureOf(good).keyid }];
  const verificationMaterial = { ...good.verificationMaterial, tlogEntries: [] };
  const dsseEnvelope = { payload: payload.toString('base64'), payloadType, signatures };
  // What is no statement of ours has no type of ours either.
  return JSON.stringify(await logged(deps, { ...good, verificationMaterial, dsseEnvelope } as Bundle));
}

const signed = (scene: Scene, statement: unknown): Promise<string> => signedText(scene, JSON.stringify(statement));

/** What a statement may not be. */
async function statementCases(scene: Scene): Promise<[string, string][]> {
  const [subject] = buildStatement().subject;
  const text = JSON.stringify(buildStatement());
  return [
    ['an unknown field in the statement', await signed(scene, { ...buildStatement(), extra: 1 })],
    ['an unknown field in a subject', await signed(scene, { ...buildStatement(), subject: [{ ...subject, extra: 1 }] })],
    ['no subject', await signed(scene, { ...buildStatement(), subject: [] })],
    ['1,025 subjects', await signed(scene, { ...buildStatement(), subject: Array.from({ length: maxSubjects + 1 }, () => subject) })],
    ['a predicate that is text', await signed(scene, { ...buildStatement(), predicate: 'text' })],
    ['a statement that is no JSON', await signedText(scene, `${text}}`)],
    ['a statement that names its subjects twice', await signedText(scene, text.replace('{', '{"subject":[],'))],
    ['a payload of another type', await signedText(scene, text, 'application/json')],
  ];
}

/** What a bundle may not be. */
function bundleCases({ good, stranger }: Scene): [string, string][] {
  const text = JSON.stringify(good);
  return [
    ['an unknown field in the bundle', JSON.stringify({ ...good, extra: 1 })],
    ['an unknown field in the envelope', changed(good, ({ dsseEnvelope: e }) => void Object.assign(e, { extra: 1 }))],
    ['an unknown field in the log entry', changed(good, (b) => void Object.assign(entryOf(b), { extra: 1 }))],
    ['a bundle that names its envelope twice', text.replace('{', `{"dsseEnvelope":${JSON.stringify(stranger.good.dsseEnvelope)},`)],
    ['a truncated bundle', text.slice(0, -40)],
    ['a bundle that is empty', ''],
    ['a bundle with something behind it', `${text}{}`],
    ['a bit changed in the statement', changed(good, ({ dsseEnvelope: e }) => void (e.payload = flipped(e.payload)))],
    ['a bit changed in the signature', changed(good, (b) => void (signatureOf(b).sig = flipped(signatureOf(b).sig)))],
    ['the signature of somebody else', changed(good, (b) => void (signatureOf(b).sig = signatureOf(stranger.good).sig))],
    ['no signature', changed(good, ({ dsseEnvelope: e }) => void (e.signatures = []))],
    ['two signatures', changed(good, ({ dsseEnvelope: e }) => void e.signatures.push(...stranger.good.dsseEnvelope.signatures))],
    ['another key id', changed(good, (b) => void (signatureOf(b).keyid = b.verificationMaterial.publicKey.hint = 'another'))],
    ['a media type that nobody knows', changed(good, (b) => void Object.assign(b, { mediaType: 'application/json' }))],
    ['an oversized bundle', changed(good, ({ dsseEnvelope: e }) => void (e.payload += 'A'.repeat(maxBundleBytes)))],
  ];
}

/** What a log entry may not be. */
async function entryCases(scene: Scene): Promise<[string, string][]> {
  const { deps, good, stranger } = scene;
  const neighbour = await logged(deps, await signStatement(deps.signer, buildStatement({ predicate: { neighbour: true } })));
  const proof = (change: (proof: TlogEntry['inclusionProof']) => void): string => changed(good, (b) => change(entryOf(b).inclusionProof));
  return [
    ['no log entry', changed(good, ({ verificationMaterial: m }) => void (m.tlogEntries = []))],
    [
      'a corrupted inclusion proof',
      changed(neighbour, (b) => void (entryOf(b).inclusionProof.hashes[0] = flipped(entryOf(b).inclusionProof.hashes[0] ?? ''))),
    ],
    ['an inclusion proof without its hashes', changed(neighbour, (b) => void (entryOf(b).inclusionProof.hashes = []))],
    ['the log entry of another statement', changed(good, (b) => void Object.assign(entryOf(b), entryOf(neighbour)))],
    ['the checkpoint of another log', proof((p) => void (p.checkpoint = entryOf(stranger.good).inclusionProof.checkpoint))],
    ['a checkpoint of another tree of the log', proof((p) => void (p.checkpoint = entryOf(neighbour).inclusionProof.checkpoint))],
    ['a checkpoint without a signature', proof((p) => void (p.checkpoint.envelope = p.checkpoint.envelope.split('\u2014')[0] ?? ''))],
    ['a bit changed in the signature of a checkpoint', proof((p) => void (p.checkpoint.envelope = withFlippedNote(p.checkpoint.envelope)))],
    ['the id of another log', changed(good, (b) => void (entryOf(b).logId = entryOf(stranger.good).logId))],
  ];
}

function withFlippedNote(note: string): string {
  const at = note.lastIndexOf(' ') + 1;
  return `${note.slice(0, at)}${flipped(note.slice(at).trim(), 30)}\n`;
}

/** Cases about bundles with a key. */
export async function keyCases(scene: Scene): Promise<Case[]> {
  const { pem, root, good, stranger } = scene;
  const asked = { by: { pem }, root };
  const { _type, ...untyped } = buildStatement();
  const text = JSON.stringify(good);
  const bad = [...(await statementCases(scene)), ...bundleCases(scene), ...(await entryCases(scene))];
  const most = { ...buildStatement(), subject: Array.from({ length: maxSubjects }, () => ({ ...buildStatement().subject[0] })) };
  return [
    { name: 'a bundle with a key', bundle: text, ...asked, holds: true },
    { name: '1,024 subjects', bundle: await signed(scene, most), ...asked, holds: true },
    { name: 'a bundle with white space around it', bundle: `\n ${JSON.stringify(good, undefined, 2)} \n\n`, ...asked, holds: true },
    {
      name: 'an empty key id and hint',
      bundle: changed(good, (b) => void (signatureOf(b).keyid = b.verificationMaterial.publicKey.hint = '')),
      ...asked,
      holds: true,
    },
    ...bad.map(([name, bundle]) => ({ name, bundle, ...asked, holds: false })),
    { name: 'an altered artifact', bundle: text, ...asked, artifact: `${artifact} `, holds: false },
    { name: 'a wrong key', bundle: text, root, by: { pem: stranger.pem }, holds: false },
    { name: 'the trusted root of somebody else', bundle: text, by: { pem }, root: stranger.root, holds: false },
    { name: 'a bundle with a certificate, asked for by key', bundle: JSON.stringify(scene.goodIdentity), ...asked, holds: false },
    { name: 'a key in a bundle of somebody else', bundle: JSON.stringify(stranger.good), ...asked, holds: false },
    { name: 'a statement without a type', bundle: await signed(scene, untyped), ...asked, holds: false, cosign: true },
    {
      name: 'a statement of an unknown type',
      bundle: await signed(scene, { ...untyped, _type: `${_type}2` }),
      ...asked,
      holds: false,
      cosign: true,
    },
    // Where cosign takes several spellings of one bundle, we take one.
    { name: 'names in snake case', bundle: text.replace('dsseEnvelope', 'dsse_envelope'), ...asked, holds: false, cosign: true },
    { name: 'an index that is a number', bundle: text.replace('"logIndex":"0"', '"logIndex":0'), ...asked, holds: false, cosign: true },
  ];
}
