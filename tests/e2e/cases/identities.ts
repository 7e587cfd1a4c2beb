/** Everything that a home signs, verified by key and by who signed it: by us and by stock cosign, with no insecure flag. */
import { setTimeout as delay } from 'node:timers/promises';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { fetchParts } from '../../../cli/commands/evidence/fetch-parts.ts';
import { MaestroClient } from '../../../cli/client/maestro-client.ts';
import { digestBytes, hexOf, type Digest } from '../../../shared/core/digest.ts';
import { manifestBundlePath, manifestPath } from '../../../shared/evidence/pack/disclosure-manifest.ts';
import { inflateMembers } from '../../../shared/evidence/verify/inflate-members.ts';
import { maxDocumentBytes, readArchive, type ReadFile } from '../../../shared/evidence/verify/read-archive.ts';
import { buildOwnPack, buildPolicyKey } from '../../support/build-own-pack.ts';
import { buildBundle } from '../../support/build-package.ts';
import { collectBytes, inMemory } from '../../support/evidence/pack-bytes.ts';
import { kindsOfEveryHome } from '../../support/identity/signed-kinds.ts';
import { testSignedKinds, type SignedKind, type SignedScene } from '../../support/identity/test-signed-kinds.ts';
import { echoManifest, problemOf, publish, run, slowMs, type TestedHome } from '../tested-home.ts';

type Kind = keyof typeof kindsOfEveryHome;

/** Comes with a rotation of the key that wraps data keys, after which everything verifies as before. */
export function describeIdentities(home: TestedHome): void {
  describe('what a home signs', () => {
    const tenant = `signed-${home.unique}`;
    let client: MaestroClient;
    let scene: SignedScene<Kind>;
    let releaseId: string;

    beforeAll(async () => {
      await home.owner.createTenant({ id: tenant });
      const token = await home.tokenFor({ tenant, sub: 'admin@example.com', roles: ['admin'] });
      client = new MaestroClient({ url: home.url, token });
      const released = await releaseEach(client);
      releaseId = released.id;
      const kinds = { ...released.kinds, ...(await runKinds(client, released.workflow)), 'rotation statement': await rotate(home.owner) };
      // Anybody may have these.
      const stranger = new MaestroClient({ url: home.url });
      const { keys } = await stranger.listKeys();
      scene = { kinds, root: JSON.parse(await stranger.getTrustedRoot()), pems: keys.map(({ pem }) => pem) };
    }, 2 * slowMs);

    testSignedKinds(kindsOfEveryHome, () => scene, slowMs);

    test('is not shown to other tenants, and not made for what was never signed', async () => {
      const absent = releaseId.replace(/.{6}$/, '000000');
      for (const id of [absent, 'rel_x', 'evt_01K9AAAAAAAAAAAAAAAAAAAAAA', 'purge_01K9AAAAAAAAAAAAAAAAAAAAAA'])
        expect(await problemOf(client.getStatement(id, { form: 'identity' }))).toMatchObject({
          status: 404,
          code: 'mc:statement:not-found',
        });
      expect(await problemOf(home.owner.getStatement(releaseId))).toMatchObject({ status: 404, code: 'mc:statement:not-found' });
    });
  });

  const released = (client: MaestroClient, id: string, artifact: Digest): SignedKind => ({
    artifact,
    get: (form) => client.getStatement(id, { form }),
  });

  /** A workflow, a package and a policy pack. */
  async function releaseEach(
    client: MaestroClient,
  ): Promise<{ id: string; workflow: string; kinds: Record<'workflow release' | 'package release' | 'policy pack release', SignedKind> }> {
    const workflow = await publish(
      { client },
      echoManifest(`named-${home.unique}`, { outputs: { said: '${{ tasks.echo.outputs.said }}' } }),
    );
    const name = `signed/echo-${home.unique}`;
    const pushed = await client.pushPackage(new Uint8Array(await buildBundle({ name })));
    const key = buildPolicyKey();
    const { tenant } = await client.whoami();
    await client.changeTenant(tenant, { policyKeys: [key.pem] });
    const pack = await client.pushPolicyPack(await buildOwnPack(key));
    const id = workflow.releaseId ?? '';
    return {
      id,
      workflow: workflow.id,
      kinds: {
        'workflow release': released(client, id, workflow.digest),
        'package release': released(client, pushed.releaseId ?? '', pushed.digest),
        'policy pack release': released(client, pack.releaseId ?? '', pack.digest),
      },
    };
  }

  async function runKinds(
    client: MaestroClient,
    workflow: string,
  ): Promise<Record<'receipt' | 'egress trace' | 'decision' | 'disclosure manifest', SignedKind>> {
    const { id, decisionId, workflow: ran } = await run({ client }, { workflow });
    const outputs = digestBytes(await client.getOutputsDocument(id));
    const pack = await filesOf(await collectBytes(fetchParts((part) => client.getDisclosurePart(id, part))));
    const artifact = pack.get(manifestPath)?.digest ?? digestBytes('the pack has no manifest');
    const name = `disclosure:${hexOf(artifact)}`;
    return {
      receipt: { artifact: outputs, get: (form) => client.getReceipt(id, form) },
      'egress trace': { artifact: outputs, get: (form) => client.getEgressAttestation(id, form) },
      decision: { artifact: ran.digest, get: (form) => client.getDecisionReceipt(decisionId, form) },
      'disclosure manifest': {
        artifact,
        get: async (form) =>
          form === 'key' ? (pack.get(manifestBundlePath)?.bytes?.toString('utf8') ?? '') : client.getStatement(id, { form, name }),
      },
    };
  }
}

async function rotate(owner: MaestroClient): Promise<SignedKind> {
  const { id } = await owner.rotateKey({ kind: 'data', windowHours: 0, reason: 'the end-to-end suite' });
  let rotation = await owner.getKeyRotation(id);
  while (rotation.finishedAt === null) {
    await delay(200);
    rotation = await owner.getKeyRotation(id);
  }
  const document = rotation.keys[0]?.document ?? 'the rotation has no key';
  return { artifact: digestBytes(document), get: (form) => owner.getStatement(id, { form }) };
}

async function filesOf(pack: Uint8Array): Promise<ReadonlyMap<string, ReadFile>> {
  const files = new Map<string, ReadFile>();
  for await (const file of readArchive(inflateMembers(inMemory(pack)), () => maxDocumentBytes)) files.set(file.path, file);
  return files;
}
