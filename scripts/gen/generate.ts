/**
 * Everything in the repository that is made from the sources. Each text is formatted the way prettier formats the rest of the repository, so
 * that `npm run format` never changes a generated file.
 */
import { format, resolveConfig } from 'prettier';
import { cliReference } from '../../cli/reference.ts';
import { programVersion } from '../../cli/program-version.ts';
import { operations } from '../../functions/http/index.ts';
import { buildOpenApi } from '../../functions/openapi/build-openapi.ts';
import { manifestJsonSchema } from '../../shared/manifest/manifest-schema.ts';
import { containerSpecs } from './container-specs.ts';
import { errorPages } from './error-pages.ts';
import type { GeneratedFile } from './generated-file.ts';
import { metricsPage } from './metrics-page.ts';
import { rolesPage } from './roles-page.ts';

/** Folders in which nothing but generated files lives; another file there is stale. */
export const generatedFolders = ['docs/errors'] as const;

const json = (path: string, value: unknown): GeneratedFile => ({ path, text: JSON.stringify(value, null, 2) });

export async function generate(): Promise<GeneratedFile[]> {
  const files = [
    ...errorPages(),
    metricsPage(),
    rolesPage(operations),
    ...containerSpecs(),
    json('docs/reference/manifest.v1.schema.json', manifestJsonSchema()),
    json('docs/reference/openapi.json', buildOpenApi(operations, programVersion())),
    { path: 'docs/reference/cli.md', text: cliReference() },
  ];
  return Promise.all(
    files.map(async ({ path, text }) => ({ path, text: await format(text, { ...(await resolveConfig(path)), filepath: path }) })),
  );
}
