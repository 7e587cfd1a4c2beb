import { ArnFormat, Stack, Validations } from 'aws-cdk-lib';
import type { IRole } from 'aws-cdk-lib/aws-iam';
import { Alias, type Key } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { grant, type Conditions } from './grant.ts';

/** What every key after the first is tagged with when it is made (shared/aws/kms-key-versions.ts): its own alias, which begins with the one in use. */
const tag = 'maestro-alias';

/**
 * A key, the alias by which the home knows it, and the keys that rotations put in its place: those are made by the home and known to no template, so rights on them go by their
 * tag. After a rotation the alias names another key than the template says; a deployment leaves it alone as long as this construct does not change.
 */
export class RotatedKey extends Construct {
  readonly aliasName: string;
  readonly #first: Key;

  constructor(scope: Construct, id: string, { first, aliasName }: { first: Key; aliasName: string }) {
    super(scope, id);
    this.aliasName = aliasName;
    this.#first = first;
    new Alias(this, 'Alias', { aliasName, targetKey: first });
  }

  /** Actions on the first key and on every later one. */
  grantUse(role: IRole, actions: readonly string[], conditions: Conditions = {}): void {
    // KMS judges the key that an alias names. The alias stands here too, for whoever judges by what was asked for.
    grant(role, actions, [this.#first.keyArn, this.#arn('alias', this.aliasName.slice('alias/'.length))], conditions);
    const later = { ...conditions, StringLike: { ...conditions['StringLike'], [`aws:ResourceTag/${tag}`]: `${this.aliasName}-*` } };
    grant(role, actions, [this.#arn('key', '*')], later);
    this.#acknowledge(
      role,
      'key/*',
      'Keys that rotations make are known to no template; the right holds only for those with the tag of this alias.',
    );
  }

  /** Makes keys, has the alias name another one, and has old ones deleted; `tries` is what is done to find out whether a key works. */
  grantRotate(role: IRole, tries: readonly string[]): void {
    this.grantUse(role, ['kms:DescribeKey', 'kms:CreateAlias', 'kms:UpdateAlias', 'kms:ScheduleKeyDeletion', ...tries]);
    const aliases = [this.aliasName, `${this.aliasName}-*`].map((name) => this.#arn('alias', name.slice('alias/'.length)));
    grant(role, ['kms:CreateAlias', 'kms:UpdateAlias'], aliases);
    this.#acknowledge(role, `${this.aliasName}-*`, 'Each new key gets an alias of its own, named after its rotation.');
    // A key that is not there yet has no name; only keys with this tag can be made.
    grant(role, ['kms:CreateKey', 'kms:TagResource'], ['*'], { StringLike: { [`aws:RequestTag/${tag}`]: `${this.aliasName}-*` } });
  }

  #arn(resource: string, resourceName: string): string {
    return Stack.of(this).formatArn({ service: 'kms', resource, resourceName, arnFormat: ArnFormat.SLASH_RESOURCE_NAME });
  }

  #acknowledge(role: IRole, resource: string, reason: string): void {
    const id = `AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:kms:<AWS::Region>:<AWS::AccountId>:${resource}]` as const;
    Validations.of(role).acknowledge({ id, reason });
  }
}
