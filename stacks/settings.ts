/** What a deployment can choose, read from the CDK context (`-c name=value` or cdk.json) and checked before anything is synthesised. */
import { z } from 'zod';
import { isReservedTenant, TenantId } from '../shared/core/tenant-id.ts';
import { Region } from '../shared/manifest/manifest.ts';
import { TrustDomain } from '../shared/tenant/spiffe-id.ts';
import { RunnerImage } from './runner-image.ts';

const Settings = z.strictObject({
  /** Names the stacks, so that several homes can live in one account. */
  stage: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,15}$/)
    .default('dev'),
  /** The OIDC issuer whose tokens the API accepts. */
  issuer: z.url(),
  /** The audience those tokens must name. */
  audience: z.string().min(1).default('maestro-conductor'),
  /** Where this home is declared to stand, as manifests spell regions; a run that asks for another region is then denied. */
  region: Region.optional(),
  /** SPIFFE trust domain in which the home names its signer; without it `mc.local`. */
  trustDomain: TrustDomain.optional(),
  /** The tenant whose admins run the home: they create tenants and set quotas and budgets. */
  ownerTenant: TenantId.refine((tenant) => !isReservedTenant(tenant), 'is reserved for the product').default(TenantId.parse('home')),
  /** A second region, for copies of every blob and of the nightly backups of the table (docs/runbooks/restore-on-aws.md). */
  replicaRegion: z
    .string()
    .regex(/^[a-z]{2}(?:-[a-z]+)+-\d$/)
    .optional(),
  /** Whether this deployment makes nightly backups of the table: `vault` in AWS Backup, `elsewhere` when the account has a plan for that already. */
  nightlyBackups: z.enum(['vault', 'elsewhere']).default('vault'),
  /**
   * How firmly S3 keeps receipts for seven years: `governance` lets a role with an explicit right lift it, `compliance` nobody, ever. Choose `compliance` for a home that
   * auditors rely on; it cannot be taken back for what was stored (docs/guides/retention.md).
   */
  objectLock: z.enum(['governance', 'compliance']).default('governance'),
  /** Which log the home keeps: one more after each restore, since a restored home begins another one (docs/runbooks/restore-on-aws.md). */
  logGeneration: z.coerce.number().int().min(1).max(64).optional(),
  /** Who gets the alarms; without one they are only seen in the console. */
  alarmEmail: z.email().optional(),
  /** The image that attempts run in as containers, by digest; without one there is no stack of runners. */
  runnerImage: RunnerImage.optional(),
  /** Pollers of the task queue that are always there, ten invocations each, so that a burst does not wait for Lambda to add some (docs/guides/scaling-aws.md). */
  taskPollers: z.coerce.number().int().min(2).max(200).optional(),
  /** Keys of so many days are rotated, 0 for never; without it they are after a year (docs/security/KMS_ROTATION.md). */
  maxKeyDays: z.coerce.number().int().min(0).max(3_650).optional(),
  /** Write units a second that the table can take at once; a new table takes 4,000. Costs once when it is raised. */
  warmWrites: z.coerce.number().int().min(4_000).max(40_000).optional(),
});
export type Settings = z.infer<typeof Settings>;

interface ContextReader {
  tryGetContext(name: string): unknown;
}

/** The settings of this synthesis; throws with every problem and how to give the value. */
export function readSettings(node: ContextReader): Settings {
  const given = Object.keys(Settings.shape).map((name) => [name, node.tryGetContext(name)]);
  const parsed = Settings.safeParse(Object.fromEntries(given.filter(([, value]) => value !== undefined)));
  if (parsed.success) return parsed.data;
  throw new Error(
    `The settings are not complete; give each with -c name=value (docs/guides/deploy-aws.md).\n${z.prettifyError(parsed.error)}`,
  );
}
