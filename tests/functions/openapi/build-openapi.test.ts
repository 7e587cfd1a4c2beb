import { describe, expect, test } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { errorCatalog } from '../../../shared/core/error-catalog/error-catalog.ts';
import { operations } from '../../../functions/http/index.ts';
import { buildOpenApi, documentedRequests } from '../../../functions/openapi/build-openapi.ts';

const document = buildOpenApi(operations, '1.2.3');
const requests = documentedRequests(operations);
const documented = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
);

/** Every `$ref` of the document. */
function referencesOf(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => (key === '$ref' ? [String(inner)] : referencesOf(inner)));
}

describe('the OpenAPI document', () => {
  test('has every operation of the registry, and nothing else', () => {
    const registered = requests.map(({ id, method, path }) => ({ id, method, path: path.replace('+}', '}') }));
    expect(documented.map(({ path, method, operation }) => ({ id: operation.operationId, method, path }))).toEqual(registered);
  });

  test('says of every group of operations what it is about', () => {
    expect(document.tags.filter(({ name, description }) => description === name)).toEqual([]);
  });

  test('names every operation once', () => {
    expect(new Set(requests.map(({ id }) => id)).size).toBe(requests.length);
  });

  test('shows each action on an execution as a request of its own, and not how a gateway routes them', () => {
    expect(Object.keys(document.paths).filter((path) => path.startsWith('/api/executions/{id'))).toEqual(
      expect.arrayContaining(['cancel', 'retry', 'replay'].map((action) => `/api/executions/{id}:${action}`)),
    );
    expect(JSON.stringify(document)).not.toContain('idAction');
  });

  test('refers only to components that are there', () => {
    const known = Object.keys(document.components.schemas).map((name) => `#/components/schemas/${name}`);
    expect([...new Set(referencesOf(document))].filter((reference) => !known.includes(reference))).toEqual([]);
  });

  test('uses every component', () => {
    const used = new Set(referencesOf(document));
    expect(Object.keys(document.components.schemas).filter((name) => !used.has(`#/components/schemas/${name}`))).toEqual([]);
  });

  test('holds valid JSON Schemas 2020-12', () => {
    const ajv = new Ajv2020({ strict: false, validateFormats: false });
    ajv.addSchema({ $id: 'mc', components: document.components });
    for (const name of Object.keys(document.components.schemas)) {
      expect(() => ajv.compile({ $ref: `mc#/components/schemas/${name}` })).not.toThrow();
    }
  });

  test.each(documented.map(({ operation }) => [operation.operationId, operation] as const))(
    'documents what %s refuses',
    (id, operation) => {
      const { roles, body, problems = [] } = requests.find((found) => found.id === id)!;
      const expected = [400, 413, 429, 500, 503, ...problems.map((code) => errorCatalog[code].status)];
      if (roles !== 'public') expected.push(401, 403);
      if (body) expected.push(415);
      expect(Object.keys(operation.responses)).toEqual(expect.arrayContaining(expected.map(String)));
      expect(operation.security).toEqual(roles === 'public' ? [] : [{ bearer: [] }]);
      expect(operation['x-roles']).toEqual(roles);
    },
  );

  test('describes every path parameter that its path has', () => {
    for (const { path, operation } of documented) {
      const named = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
      expect(operation.parameters?.filter((parameter) => parameter.in === 'path').map(({ name }) => name) ?? []).toEqual(named);
    }
  });

  test('offers the idempotency key where it is honoured', () => {
    const withKey = documented.filter(({ operation }) => operation.parameters?.some(({ name }) => name === 'Idempotency-Key'));
    expect(withKey.map(({ operation }) => operation.operationId)).toEqual(
      requests.filter((found) => found.idempotencyKey).map(({ id }) => id),
    );
  });

  test('is the same text every time', () => {
    expect(JSON.stringify(buildOpenApi(operations, '1.2.3'))).toBe(JSON.stringify(document));
  });
});
