import { defineOperation } from '../../middleware/define-operation.ts';
import { lambda } from '../../middleware/lambda.ts';
import type { Page } from '../../openapi/render-docs.ts';

let page: Page | undefined;

export const operation = defineOperation({
  id: 'getDocs',
  method: 'GET',
  path: '/docs',
  tag: 'Home',
  summary: 'Read this interface as a web page',
  responses: { 200: { description: 'The page', mediaType: 'text/html; charset=utf-8' } },
  async handle({ deps }) {
    // As in get-open-api.ts: the registry holds this operation too.
    const [{ operations }, { buildOpenApi }, { renderDocs }] = await Promise.all([
      import('../index.ts'),
      import('../../openapi/build-openapi.ts'),
      import('../../openapi/render-docs.ts'),
    ]);
    page ??= renderDocs(buildOpenApi(operations, deps.config.version));
    const headers = { 'content-security-policy': page.contentSecurityPolicy, 'cache-control': 'public, max-age=300' };
    return { status: 200, bytes: page.html, mediaType: 'text/html; charset=utf-8', headers };
  },
});

export const handler = lambda(operation);
