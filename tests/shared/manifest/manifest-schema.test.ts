import { expect, test } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { Manifest } from '../../../shared/manifest/manifest.ts';
import { manifestJsonSchema } from '../../../shared/manifest/manifest-schema.ts';
import { buildManifest, buildOneTask } from '../../support/build-manifest.ts';

const validate = new Ajv2020({ strict: true, allErrors: true }).compile(manifestJsonSchema());

test('the published schema is JSON Schema 2020-12 under the published name', () => {
  expect(manifestJsonSchema()).toMatchObject({
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: 'https://maestro-conductor.dev/schemas/manifest.v1.json',
  });
});

test.each([
  ['the example', buildManifest()],
  [
    'every field',
    buildOneTask({
      retries: 3,
      timeout: '5m',
      resourceClass: 'large',
      region: 'EU',
      egress: { allow: [{ host: 'API.example', ports: [443] }] },
    }),
  ],
  ['an unknown field', buildManifest({ task: 1 })],
  ['an unknown field of a task', buildOneTask({ need: [] })],
  ['no version', buildManifest({ version: undefined })],
  ['no tasks', buildManifest({ tasks: [] })],
  ['a wildcard host', buildOneTask({ egress: { allow: [{ host: '*.example', ports: [443] }] } })],
  ['port 0', buildOneTask({ egress: { allow: [{ host: 'a.example', ports: [0] }] } })],
  ['eleven retries', buildOneTask({ retries: 11 })],
  ['a bad input name', buildManifest({ inputs: { '1': { type: 'string' } } })],
  ['nested values', buildOneTask({ with: { a: [{ b: null }] } })],
])('it judges %s as the program does', (_, value) => {
  expect(validate(value)).toBe(Manifest.safeParse(value).success);
});

test('it also knows how many inputs may be declared', () => {
  const inputs = Object.fromEntries(Array.from({ length: 101 }, (_, at) => [`i${at}`, { type: 'string' }]));
  expect(validate(buildManifest({ inputs }))).toBe(false);
});
