import { describe, expect, test } from '@jest/globals';
import { issuerOperations } from '../../../cli/host/issuer.ts';
import { operations } from '../../../functions/http/index.ts';
import { operationRoles } from '../../../functions/middleware/access-table.ts';
import { buildOpenApi, documentedRequests } from '../../../functions/openapi/build-openapi.ts';
import { rolesPage } from '../../../scripts/gen/roles-page.ts';

const known = [...operations, ...issuerOperations({ jwks: { keys: [] }, issueToken: async () => '' })];

describe('the access table', () => {
  test('has a row for every operation and none for anything else', () => {
    expect(Object.keys(operationRoles).sort()).toEqual(known.map(({ id }) => id).sort());
  });

  test('is what every operation goes by', () => {
    for (const { id, roles } of known) expect(roles).toBe(Object.entries(operationRoles).find(([name]) => name === id)?.[1]);
  });

  test('lets admins call everything that asks for a role', () => {
    for (const roles of Object.values(operationRoles)) if (roles !== 'public') expect(roles).toContain('admin');
  });

  test('stands in OpenAPI, as data and in words', () => {
    const { paths } = buildOpenApi(operations, '0.0.0');
    const rolesOf = new Map<string, readonly string[] | 'public'>(documentedRequests(operations).map(({ id, roles }) => [id, roles]));
    const described = Object.values(paths).flatMap((methods) => Object.values(methods));
    for (const { operationId, description = '', ...operation } of described) {
      const roles = rolesOf.get(operationId) ?? [];
      expect(roles).not.toEqual([]);
      expect(operation['x-roles']).toEqual(roles);
      expect(description).toContain(roles === 'public' ? 'without a token' : `For the roles ${roles.join(', ')}.`);
    }
  });

  test('stands in the reference, one line an operation', () => {
    const { text } = rolesPage(operations);
    expect(text).toContain('| `startExecution` | `POST /api/executions` |  | yes | yes |  |  |');
    expect(text).toContain('| `getHealth` | `GET /healthz` | yes | yes | yes | yes | yes |');
    for (const { id } of documentedRequests(operations)) expect(text).toContain(`| \`${id}\` |`);
  });
});
