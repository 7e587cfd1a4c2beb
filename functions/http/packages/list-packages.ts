import { z } from 'zod';
import { listPackages } from '../../../shared/package/list-packages.ts';
import { PackageRecord } from '../../../shared/package/package-record.ts';
import { defineOperation } from '../../middleware/define-operation.ts';
import { given } from '../../middleware/given.ts';
import { lambda } from '../../middleware/lambda.ts';
import { pageOf, pageQuery } from '../../middleware/parameters/paging.ts';

export const operation = defineOperation({
  id: 'listPackages',
  method: 'GET',
  path: '/api/packages',
  tag: 'Packages',
  summary: 'List the packages that tasks may use',
  query: z.strictObject(pageQuery),
  responses: { 200: { description: 'One page of packages', schema: pageOf(PackageRecord).meta({ id: 'PackagePage' }) } },
  async handle({ deps, actor, query }) {
    return { status: 200, json: await listPackages(deps, actor, given(query)) };
  },
});

export const handler = lambda(operation);
