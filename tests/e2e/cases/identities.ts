/** Everything that a home signs, verified by who signed it: by us and by stock cosign, with a key and with an identity, and no insecure flag. */
import { beforeAll, describe, expect, test } from '@jest/globals';
import { MaestroClient } from '../../../cli/client/maestro-client.ts';
import { digestBytes } from '../../../shared/core/digest.ts';
import type { StatementForm } from '../../../shared/identity/identity-form.ts';
import { readIdentity } from '../../../shared/identity/read-identity.ts';
import type { SignerIdentity } from '../../../shared/identity/signer-identity.ts';
import { trustedAuthorities } from '../../../shared/identity/trusted-authorities.ts';
import { parseCertificate } from '../../../shared/identity/verify-chain.ts';
import { verifyIdentityBundle } from '../../../shared/identity/verify-identity-bundle.ts';
import { IdentityBundle } from '../../../shared/receipt/identity-bundle.ts';
import { predicateTypes } from '../../../shared/receipt/statement.ts';
import { trustedLogs } from '../../../shared/receipt/trusted-logs.ts';
import { X509Certificate } from 'node:crypto';
import { askCosign } from '../../support/log/cosign.ts';
import { findOracle } from '../../support/find-oracle.ts';
import { echoManifest, problemOf, publish, run, slowMs, type TestedHome } from '../tested-home.ts';

interface SignedKind {
  predicateType: string;
  /** What it is about, where the test has that. */
  artifact?: string;
  get: (form: StatementForm) => Promise<string>;
}

export function describeIdentities(home: TestedHome): void {
  describe('the identity of the signer', () => {
    let root: unknown;
    let pem: string;
    let kinds: Record<string, SignedKind>;
    let releaseId: string;

    beforeAll(async () => {
      const stranger = new MaestroClient({ url: home.url });
      const { client } = home;
      root = JSON.parse(await stranger.getTrustedRoot());
      pem = (await stranger.listKeys()).keys[0]?.pem ?? '';
      const workflow = await publish(home, echoManifest(`named-${home.unique}`, { outputs: { said: '${{ tasks.echo.outputs.said }}' } }));
      releaseId = workflow.releaseId ?? '';
      const { id } = await run(home, { workflow: workflow.name });
      const { decisionId } = await client.getExecution(id);
      const artifact = await client.getOutputsDocument(id);
      kinds = {
        receipt: { predicateType: predicateTypes.run, artifact, get: (form) => client.getReceipt(id, form) },
        trace: { predicateType: predicateTypes.egress, artifact, get: (form) => client.getEgressAttestation(id, form) },
        decision: { predicateType: predicateTypes.decision, get: (form) => client.getDecisionReceipt(decisionId, form) },
        release: { predicateType: predicateTypes.release, get: (form) => client.getStatement(releaseId, { form }) },
      };
    }, slowMs);

    const kindOf = (name: string): SignedKind => {
      const kind = kinds[name];
      if (!kind) throw new Error(`no ${name}`);
      return kind;
    };

    const identityOf = (bundle: string): SignerIdentity => {
      const { certificate } = IdentityBundle.parse(JSON.parse(bundle)).verificationMaterial;
      const found = readIdentity(parseCertificate(new X509Certificate(Buffer.from(certificate.rawBytes, 'base64'))));
      if (!found) throw new Error('the certificate names nobody');
      return found;
    };

    const names = ['receipt', 'trace', 'decision', 'release'];
    test.each(names)(
      'is told by a certificate of the %s, made once',
      async (name) => {
        const { predicateType, artifact, get } = kindOf(name);
        const bundle = await get('identity');
        const { uri, issuer } = identityOf(bundle);
        expect({ uri, issuer }).toEqual({ uri: 'spiffe://mc.local/ns/prod/sa/mc-signer', issuer: expect.stringContaining('https://') });
        const options = {
          identity: { uri, issuer },
          authorities: trustedAuthorities(root),
          logs: trustedLogs(root),
          predicateType,
          ...(artifact !== undefined && { artifact: digestBytes(artifact) }),
        };
        expect(verifyIdentityBundle(JSON.parse(bundle), options).log).toMatchObject({ isTrusted: true });
        expect(await get('identity')).toBe(bundle);
      },
      slowMs,
    );

    const cosign = findOracle('cosign3');
    (cosign === undefined ? test.skip : test).each(names)(
      'and the key are both enough for stock cosign 3 to verify the %s with no insecure flag',
      async (name) => {
        const { predicateType, artifact, get } = kindOf(name);
        const asked = {
          artifact: artifact ?? '',
          predicateType,
          trustedRoot: root,
          flags: artifact === undefined ? ['--check-claims=false'] : [],
        };
        const [withKey, withIdentity] = [await get('key'), await get('identity')];
        const identity = identityOf(withIdentity);
        expect(askCosign(cosign ?? '', { ...asked, bundle: withKey, pem })).toBe('ok');
        expect(askCosign(cosign ?? '', { ...asked, bundle: withIdentity, identity })).toBe('ok');
        const other = { ...identity, uri: 'spiffe://mc.local/ns/prod/sa/mc-api' };
        expect(askCosign(cosign ?? '', { ...asked, bundle: withIdentity, identity: other })).toContain('Error');
      },
      slowMs,
    );

    test('is not shown to other tenants, and not made for what was never signed', async () => {
      const absent = releaseId.replace(/.{6}$/, '000000');
      for (const id of [absent, 'rel_x', 'evt_01K9AAAAAAAAAAAAAAAAAAAAAA', 'purge_01K9AAAAAAAAAAAAAAAAAAAAAA'])
        expect(await problemOf(home.client.getStatement(id, { form: 'identity' }))).toMatchObject({
          status: 404,
          code: 'mc:statement:not-found',
        });
      expect(await problemOf(home.owner.getStatement(releaseId))).toMatchObject({ status: 404, code: 'mc:statement:not-found' });
    });
  });
}
