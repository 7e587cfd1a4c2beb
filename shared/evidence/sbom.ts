/** The bill of materials of a run: the packages that ran, by the digests in its receipt, as CycloneDX 1.6. A pure function of the receipt's statement. */
import { createHash } from 'node:crypto';
import * as Enums from '@cyclonedx/cyclonedx-library/Enums';
import * as Models from '@cyclonedx/cyclonedx-library/Models';
import * as Serialize from '@cyclonedx/cyclonedx-library/Serialize';
import * as Spec from '@cyclonedx/cyclonedx-library/Spec';
import { splitPackageRef } from '../package/package-ref.ts';
import type { RunFacts } from './run-facts.ts';

/** The URL namespace of RFC 9562 §6.6. */
const namespace = Buffer.from('6ba7b8119dad11d180b400c04fd430c8', 'hex');

/** A name-based UUID (RFC 9562, version 5): the same name has the same one everywhere. */
function uuidV5(name: string): string {
  const bytes = createHash('sha1').update(namespace).update(name).digest().subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x50;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

const sha256 = (hex: string): Models.HashDictionary => new Models.HashDictionary([[Enums.HashAlgorithm['SHA-256'], hex]]);

function packageComponent({ name, uri, sha256: hex }: RunFacts['packages'][number]): Models.Component {
  const ref = splitPackageRef(name);
  return new Models.Component(Enums.ComponentType.Library, ref?.name ?? name, {
    bomRef: uri,
    purl: uri,
    hashes: sha256(hex),
    scope: Enums.ComponentScope.Required,
    ...(ref && { version: ref.version }),
  });
}

/** CycloneDX 1.6 in JSON; equal statements give equal bytes. */
export function buildSbom({ executionId, workflow, packages, finishedOn, homeVersion }: RunFacts): string {
  const root = new Models.Component(Enums.ComponentType.Application, workflow.name, {
    bomRef: workflow.uri,
    version: workflow.version,
    hashes: sha256(workflow.sha256),
  });
  const components = packages.map(packageComponent);
  for (const { bomRef } of components) root.dependencies.add(bomRef);
  const conductor = new Models.Component(Enums.ComponentType.Application, 'maestro-conductor', { version: homeVersion });
  const bom = new Models.Bom({
    // Of the run and of the manifest it ran: two runs of one workflow are two documents.
    serialNumber: `urn:uuid:${uuidV5(`sha256:${workflow.sha256}#${executionId}`)}`,
    metadata: new Models.Metadata({
      component: root,
      timestamp: new Date(finishedOn),
      tools: new Models.Tools({ components: new Models.ComponentRepository([conductor]) }),
    }),
    components: new Models.ComponentRepository(components),
  });
  const serializer = new Serialize.JsonSerializer(new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6));
  return `${serializer.serialize(bom, { sortLists: true, space: 2 })}\n`;
}
