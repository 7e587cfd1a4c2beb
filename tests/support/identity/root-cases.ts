/** Trusted roots under which a good bundle with a certificate holds, or does not. */
import type { Scene } from './scene.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

type Named = 'certificateAuthorities' | 'timestampAuthorities' | 'ctlogs' | 'tlogs';

/** What a trusted root may not say. */
export function rootCases({ root, stranger, deps }: Scene): [string, boolean, unknown][] {
  const iso = (ms: number): string => new Date(ms).toISOString();
  const now = deps.clock.now();
  const edit = (name: Named, change: (entry: Record<string, unknown>) => void): unknown => {
    const copy = structuredClone(root);
    for (const entry of copy[name] as Record<string, unknown>[]) change(entry);
    return copy;
  };
  const validFor = (name: 'certificateAuthorities' | 'timestampAuthorities', period: object): unknown =>
    edit(name, (entry) => Object.assign(entry, { validFor: period }));
  const keyValidFor = (name: 'ctlogs' | 'tlogs', period: object): unknown =>
    edit(name, (entry) => Object.assign(entry['publicKey'] as object, { validFor: period }));
  const past = { start: iso(now - 3 * hourMs), end: iso(now - 2 * hourMs) };
  const whole = Math.floor(now / 1_000) * 1_000 + minuteMs;
  const untilStamp = { start: iso(now - 3 * hourMs), end: iso(whole) };
  const both = {
    ...root,
    timestampAuthorities: [
      ...((validFor('timestampAuthorities', past) as typeof root)['timestampAuthorities'] as object[]),
      ...(stranger.root['timestampAuthorities'] as object[]),
    ],
  };
  return [
    ['an authority for certificates that ended', false, validFor('certificateAuthorities', past)],
    ['an authority for timestamps that ended', false, validFor('timestampAuthorities', past)],
    ['an authority for timestamps that ended, beside one of somebody else that did not', false, both],
    ['an authority for timestamps that ends with the timestamp', true, validFor('timestampAuthorities', untilStamp)],
    ['a log of certificates that ended', false, keyValidFor('ctlogs', past)],
    ['a log that ends with the timestamp', true, keyValidFor('tlogs', untilStamp)],
    ['no authority for certificates', false, { ...root, certificateAuthorities: [] }],
    ['no authority for timestamps', false, { ...root, timestampAuthorities: [] }],
    ['no log of certificates', false, { ...root, ctlogs: [] }],
    ['no log', false, { ...root, tlogs: [] }],
    [
      'the authority for certificates of somebody else',
      false,
      { ...root, certificateAuthorities: stranger.root['certificateAuthorities'] },
    ],
    [
      'two authorities, of which one is ours',
      true,
      {
        ...root,
        certificateAuthorities: [...(stranger.root['certificateAuthorities'] as object[]), ...(root['certificateAuthorities'] as object[])],
      },
    ],
  ];
}

/** The root whose log ended before everything that was logged. */
export function endedLog({ root }: Scene): unknown {
  const copy = structuredClone(root);
  for (const log of copy['tlogs'] as { publicKey: object }[])
    Object.assign(log.publicKey, { validFor: { start: '1970-01-01T00:00:00Z', end: '1970-01-02T00:00:00Z' } });
  return copy;
}
