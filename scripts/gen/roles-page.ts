import { documentedRequests } from '../../functions/openapi/build-openapi.ts';
import type { Operation } from '../../functions/middleware/operation.ts';
import { Role } from '../../shared/tenant/actor.ts';
import type { GeneratedFile } from './generated-file.ts';

/** Which role may call which operation, as the pipeline enforces it. */
export function rolesPage(operations: readonly Operation[]): GeneratedFile {
  const rows = documentedRequests(operations).map(({ id, method, path, roles }) => {
    const cells = Role.options.map((role) => (roles === 'public' || roles.includes(role) ? 'yes' : ''));
    return `| \`${id}\` | \`${method} ${path}\` | ${roles === 'public' ? 'yes' : ''} | ${cells.join(' | ')} |`;
  });
  return {
    path: 'docs/reference/roles.md',
    text: `# Roles

Generated from \`functions/middleware/access-table.ts\` by \`npm run gen\`. A caller reaches its own tenant only; what is reserved to the tenant that
owns the home is in [tenants](../guides/tenants.md).

| Operation | Request | without a token | ${Role.options.join(' | ')} |
| --- | --- | --- | ${Role.options.map(() => '---').join(' | ')} |
${rows.join('\n')}
`,
  };
}
