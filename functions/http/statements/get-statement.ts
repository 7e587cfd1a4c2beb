import { z } from 'zod';
import { Bundle } from '../../../shared/receipt/bundle.ts';
import { bundleMediaType } from '../../../shared/receipt/media-types.ts';
import { IdentityBundle } from '../../../shared/receipt/identity-bundle.ts';
import { getStatement } from '../../../shared/statements/get-statement.ts';
import { defineOperation } from '../../middleware/define-operation.ts';
import { given } from '../../middleware/given.ts';
import { lambda } from '../../middleware/lambda.ts';
import { statementForm } from '../../middleware/parameters/statement-form.ts';

const name = z
  .string()
  .min(1)
  .max(128)
  .optional()
  .describe(
    'Which statement of an id that has several: of a run `receipt`, `egress` or `disclosure:<hex>` with the SHA-256 of manifest.json of its pack, of a rotation ' +
      '`introduced-by-old`, `introduced-by-new`, `introduced` or `completed`, of a backup `backup` or, in a home that was restored from it, `restore`',
  );

export const operation = defineOperation({
  id: 'getStatement',
  method: 'GET',
  path: '/api/statements/{id}',
  tag: 'Log',
  summary: 'Get anything that the home signed and filed',
  description:
    'Releases, manifests of disclosure packs and of deletions, rotations of keys, backups and restores: a sigstore bundle with its entry in the transparency log.',
  params: z.strictObject({
    id: z.string().min(1).max(160).describe('Id of what was signed: `rel_…`, `exec_…`, `purge_…`, `rot_…` or `bak_…`'),
  }),
  query: z.strictObject({ form: statementForm, name }),
  responses: { 200: { description: 'The bundle', schema: z.union([Bundle, IdentityBundle]), mediaType: bundleMediaType } },
  problems: ['mc:statement:not-found', 'mc:log:behind', 'mc:log:damaged'],
  async handle({ deps, actor, params, query: { form, ...query } }) {
    const bundle = await getStatement(deps, actor, { id: params.id, form, ...given(query) });
    return { status: 200, bytes: JSON.stringify(bundle), mediaType: bundleMediaType };
  },
});

export const handler = lambda(operation);
