/** What a task package says about itself: the file `mc-package.json` at the root of its bundle. */
import { z } from 'zod';
import { Duration } from '../core/time/duration.ts';
import { UsdMicros } from '../core/money.ts';
import { Egress } from './egress.ts';
import { PackageRef } from './package-ref.ts';
import { ResourceClass } from '../core/resource-class.ts';

const JsonSchemaObject = z.looseObject({ type: z.literal('object') }).describe('JSON Schema 2020-12 of an object');

export const PackageDescriptor = z.strictObject({
  schema: z.literal('mc.package.v1'),
  name: z
    .string()
    .regex(/^[a-z0-9-]{1,32}\/[a-z0-9-]{1,64}$/, '<type>/<name>')
    .describe('Type and name, as in pkg:<type>/<name>@<version>'),
  version: z.string().regex(/^\d+\.\d+\.\d+(-[a-z0-9.]+)?$/, 'MAJOR.MINOR.PATCH, with an optional -prerelease'),
  description: z.string().min(1).max(1_000),
  licence: z.string().min(1).max(64).describe('SPDX expression'),
  inputs: JsonSchemaObject,
  outputs: JsonSchemaObject,
  resources: z.strictObject({ class: ResourceClass, timeout: Duration }),
  egress: Egress.optional().describe('What the package needs unless the task says otherwise; absent means none'),
  cost: z
    .strictObject({
      perRunUsdMicros: UsdMicros.describe('Fixed price of an attempt'),
      perSecondUsdMicros: UsdMicros.describe('Price of a second in the `small` class'),
      typicalMs: z.int().positive().describe('Time guess of the estimator before there is history'),
    })
    .describe('Cost basis of the estimate'),
  effects: z.enum(['none', 'external']).describe('`external`: a repeated attempt must use the idempotency key'),
  compensation: PackageRef.optional().describe('Default compensation of a task that uses this package'),
});
export type PackageDescriptor = z.infer<typeof PackageDescriptor>;
