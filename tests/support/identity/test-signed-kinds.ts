/** What holds for everything that a home signs: we and stock cosign 3 take it by key and by identity, with no insecure flag, and both refuse it when anything is changed. */
import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { digestBytes, type Digest } from '../../../shared/core/digest.ts';
import type { StatementForm } from '../../../shared/identity/identity-form.ts';
import { readIdentity } from '../../../shared/identity/read-identity.ts';
import type { SignerIdentity } from '../../../shared/identity/signer-identity.ts';
import { parseCertificate } from '../../../shared/identity/verify-chain.ts';
import { Bundle } from '../../../shared/receipt/bundle.ts';
import { IdentityBundle } from '../../../shared/receipt/identity-bundle.ts';
import { keyIdOf } from '../../../shared/receipt/key-id.ts';
import { predicateTypes, Statement } from '../../../shared/receipt/statement.ts';
import { findOracle } from '../find-oracle.ts';
import { askCosign } from '../log/cosign.ts';
import { askMaestro } from './ask-maestro.ts';
import { changed, flipped } from './key-cases.ts';
import type { Case } from './scene.ts';

/** One statement of a kind, as a caller gets it. */
export interface SignedKind {
  get: (form: StatementForm) => Promise<string>;
  /** The digest that one of its subjects has. */
  artifact: Digest;
}

/** What a home publishes of itself, and a statement of each kind. */
export interface SignedScene<Name extends string> {
  root: unknown;
  /** Its public keys. */
  pems: readonly string[];
  kinds: Readonly<Record<Name, SignedKind>>;
}

interface Question {
  what: string;
  bundle: string;
  by: Case['by'];
  artifact: Digest;
  holds: boolean;
}

const signer = 'spiffe://mc.local/ns/prod/sa/mc-signer';
const cosign = findOracle('cosign3');

/** A test of ours and one of stock cosign 3 for each of these kinds; cosign comes from a CI step, never for users. */
export function testSignedKinds<Name extends string>(
  kinds: Readonly<Record<Name, keyof typeof predicateTypes>>,
  scene: () => SignedScene<Name>,
  timeoutMs: number,
): void {
  const names = Object.keys(kinds) as Name[]; // Exactly the names of the record.

  test.each(names)(
    '%s: maestro verify-bundle takes it by key and by identity, and refuses it changed',
    async (name) => {
      const { root, questions } = await ask(scene(), name);
      for (const { what, holds, ...question } of questions)
        expect([what, (await askMaestro({ ...question, root })) === 'ok']).toEqual([what, holds]);
    },
    timeoutMs,
  );

  test.each(names)(
    '%s: is of its type, and its identity form is the same bytes every time',
    async (name) => {
      const [withKey, withIdentity] = await formsOf(scene(), name);
      for (const { dsseEnvelope } of [Bundle.parse(JSON.parse(withKey)), IdentityBundle.parse(JSON.parse(withIdentity))]) {
        const statement = Statement.parse(JSON.parse(Buffer.from(dsseEnvelope.payload, 'base64').toString('utf8')));
        expect(statement.predicateType).toBe(predicateTypes[kinds[name]]);
      }
      expect(identityOf(withIdentity)).toEqual({ uri: signer, issuer: expect.stringContaining('https://') });
      expect(await scene().kinds[name].get('identity')).toBe(withIdentity);
    },
    timeoutMs,
  );

  (cosign === undefined ? test.skip : test).each(names)(
    '%s: stock cosign 3 takes it by key and by identity with no insecure flag, and refuses it changed',
    async (name) => {
      const predicateType = predicateTypes[kinds[name]];
      const { root, questions } = await ask(scene(), name);
      for (const { what, bundle, by, artifact: digest, holds } of questions) {
        const who = 'pem' in by ? { pem: by.pem } : { identity: by };
        const answer = askCosign(cosign ?? '', { bundle, ...who, artifact: { digest }, predicateType, trustedRoot: root });
        expect([what, answer]).toEqual([what, holds ? 'ok' : expect.stringContaining('Error')]);
      }
    },
    timeoutMs,
  );
}

async function formsOf<Name extends string>({ kinds }: SignedScene<Name>, name: Name): Promise<[withKey: string, withIdentity: string]> {
  return [await kinds[name].get('key'), await kinds[name].get('identity')];
}

async function ask<Name extends string>(scene: SignedScene<Name>, name: Name): Promise<{ root: unknown; questions: Question[] }> {
  const [withKey, withIdentity] = await formsOf(scene, name);
  const { hint } = Bundle.parse(JSON.parse(withKey)).verificationMaterial.publicKey;
  const pem = scene.pems.find((each) => keyIdOf(each) === hint);
  if (pem === undefined) throw new Error(`${name} is signed by ${hint}, which the home does not publish`);
  const otherPem = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const identity = identityOf(withIdentity);
  const others: [string, Case['by']][] = [
    ['another name', { ...identity, uri: 'spiffe://mc.local/ns/prod/sa/mc-api' }],
    ['another home', { ...identity, issuer: 'https://elsewhere.example.com' }],
  ];
  const { artifact } = scene.kinds[name];
  return {
    root: scene.root,
    questions: [
      ...questionsOf('key', { bundle: withKey, by: { pem }, artifact }, [['another key', { pem: otherPem }]]),
      ...questionsOf('identity', { bundle: withIdentity, by: identity, artifact }, others),
    ],
  };
}

/** The one question that is answered with yes, and those that differ from it in one thing. */
function questionsOf(form: string, good: Omit<Question, 'what' | 'holds'>, others: readonly [string, Case['by']][]): Question[] {
  const bad = (what: string, change: Partial<Question>): Question => ({ ...good, ...change, what: `${form}: ${what}`, holds: false });
  const bundle = JSON.parse(good.bundle) as Pick<Bundle, 'dsseEnvelope'>; // Both forms were parsed before.
  const altered = (change: (envelope: Bundle['dsseEnvelope']) => void): Partial<Question> => ({
    bundle: changed(bundle, ({ dsseEnvelope }) => change(dsseEnvelope)),
  });
  return [
    { ...good, what: form, holds: true },
    bad(
      'one byte of the statement',
      altered((envelope) => void (envelope.payload = flipped(envelope.payload))),
    ),
    // Says the same, so only the signature tells.
    bad(
      'one byte more in the statement',
      altered((envelope) => void (envelope.payload = withSpace(envelope.payload))),
    ),
    bad(
      'one byte of the signature',
      altered(({ signatures: [only] }) => void (only && (only.sig = flipped(only.sig)))),
    ),
    bad('another artifact', { artifact: digestBytes('another artifact') }),
    ...others.map(([what, by]) => bad(what, { by })),
  ];
}

const withSpace = (payload: string): string => Buffer.concat([Buffer.from(payload, 'base64'), Buffer.from(' ')]).toString('base64');

function identityOf(bundle: string): SignerIdentity {
  const { certificate } = IdentityBundle.parse(JSON.parse(bundle)).verificationMaterial;
  const found = readIdentity(parseCertificate(new X509Certificate(Buffer.from(certificate.rawBytes, 'base64'))));
  if (!found) throw new Error('the certificate names nobody');
  return found;
}
