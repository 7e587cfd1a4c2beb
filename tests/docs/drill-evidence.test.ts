/** The evidence of restore drills that is kept beside the documentation: its figures are those that the restored home signed. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { digestBytes } from '../../shared/core/digest.ts';
import { Bundle } from '../../shared/receipt/bundle.ts';
import { predicateTypes } from '../../shared/receipt/statement.ts';
import { findOracle } from '../support/find-oracle.ts';
import { askMaestro } from '../support/identity/ask-maestro.ts';
import { changed, flipped } from '../support/identity/key-cases.ts';
import { askCosign } from '../support/log/cosign.ts';

const folder = new URL('../../docs/evidence/', import.meta.url);
const read = (name: string): string => readFileSync(new URL(name, folder), 'utf8');
const drills = readdirSync(folder).flatMap((file) => /^(restore-drill-.+)\.sigstore\.json$/.exec(file)?.[1] ?? []);
const cosign = findOracle('cosign3');

describe.each(drills)('%s', (name) => {
  const figures = read(`${name}.json`);
  const bundle = read(`${name}.sigstore.json`);
  const altered = changed(Bundle.parse(JSON.parse(bundle)), ({ dsseEnvelope: e }) => void (e.payload = flipped(e.payload)));
  const [pem, root] = [read(`${name}.pub`), JSON.parse(read(`${name}.trusted-root.json`)) as unknown];

  test('is signed and logged, and not another result', async () => {
    const ask = (text: string, about = figures): Promise<string> =>
      askMaestro({ bundle: text, by: { pem }, root, artifact: digestBytes(about) });
    expect(await ask(bundle)).toBe('ok');
    expect(await ask(altered)).not.toBe('ok');
    expect(await ask(bundle, `${figures} `)).toContain('artifact');
  });

  (cosign === undefined ? test.skip : test)('is so for stock cosign 3 too, with no insecure flag', () => {
    const question = { bundle, pem, artifact: figures, predicateType: predicateTypes.testResult, trustedRoot: root };
    expect(askCosign(cosign ?? '', question)).toBe('ok');
    expect(askCosign(cosign ?? '', { ...question, bundle: altered })).toContain('Error');
    expect(askCosign(cosign ?? '', { ...question, artifact: `${figures} ` })).toContain('Error');
  });
});

test('there is evidence of a drill', () => expect(drills).not.toEqual([]));
