import type { PolicyPack } from '../../shared/policy-catalog/policy-pack.ts';
import { paint } from './paint.ts';
import { table } from './table.ts';
import { plural, shortDigest } from './units.ts';

function renderRules({ rules }: PolicyPack): string[] {
  return rules.flatMap(({ rule, severity, title, solution }) => [
    `${paint(severity === 'failure' ? 'red' : 'yellow', severity === 'failure' ? 'denies' : 'warns ')} ${paint('bold', rule)}  ${title}`,
    `       fix: ${solution}`,
  ]);
}

function renderVersions({ versions }: PolicyPack): string {
  const columns = [
    { title: 'VERSION' },
    { title: 'STATE' },
    { title: 'DIGEST' },
    { title: 'SIGNED BY' },
    { title: 'RELEASE' },
    { title: 'PUSHED' },
  ];
  return table(
    columns,
    versions.map(({ version, state, digest, signature, releaseId, publishedAt, publishedBy }) => [
      version,
      paint(state === 'active' ? 'green' : 'dim', state),
      shortDigest(digest),
      `${signature.keyId} (${signature.algorithm})`,
      releaseId ?? '',
      publishedAt === null ? '' : `${publishedAt} by ${publishedBy ?? 'unknown'}`,
    ]),
  );
}

/** A pack for people: what it is, every rule with its fix, who signed it. The page of the pack has the examples. */
export function renderPack(pack: PolicyPack): string {
  const { name, version, origin, title, description, points, reads, data, tenantData, examples, hasOlderVersions } = pack;
  const replaced = Object.keys(tenantData);
  return [
    `${paint('bold', `${name}@${version}`)}  ${title} (${origin})`,
    ...(description === '' ? ['no description: the package has no METADATA'] : [description]),
    '',
    `judges at  ${points.join(', ')}`,
    `reads      ${reads.join(', ')}`,
    `data       ${Object.keys(data).join(', ') || 'none'}${replaced.length === 0 ? '' : `; the tenant replaces ${replaced.join(', ')}`}`,
    '',
    ...(pack.rules.length === 0 ? ['no rule has METADATA, so none can be shown'] : renderRules(pack)),
    '',
    renderVersions(pack),
    ...(hasOlderVersions ? ['older versions are not listed'] : []),
    '',
    `${plural(examples.length, 'example')}: maestro policy show ${name} --markdown`,
  ].join('\n');
}
