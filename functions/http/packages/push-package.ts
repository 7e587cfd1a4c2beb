import { bundleLimits } from '../../../shared/package/bundle.ts';
import { PackageRecord } from '../../../shared/package/package-record.ts';
import { publishPackage } from '../../../shared/package/publish-package.ts';
import { defineOperation } from '../../middleware/define-operation.ts';
import { lambda } from '../../middleware/lambda.ts';

export const operation = defineOperation({
  id: 'pushPackage',
  method: 'POST',
  path: '/api/packages',
  tag: 'Packages',
  summary: 'Publish a task package of the tenant',
  description:
    'Takes a tar of `mc-package.json` and `index.mjs`, stores it under its digest and signs its release. The same bytes again change nothing.',
  body: { kind: 'bytes', mediaTypes: ['application/x-tar', 'application/octet-stream'], maxBytes: bundleLimits.bytes },
  responses: { 201: { description: 'The package is published', schema: PackageRecord } },
  problems: ['mc:package:invalid', 'mc:package:conflict', 'mc:store:conflict'],
  async handle({ deps, actor, body }) {
    return { status: 201, json: await publishPackage(deps, actor, body) };
  },
});

export const handler = lambda(operation);
