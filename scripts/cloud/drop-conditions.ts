/**
 * Makes of synthesised templates what the emulator can judge. It knows no encryption context in the conditions of a right, so that such a right would hold never; and of the encryption of an
 * object only its kind, so that a refusal of all keys but one would refuse that one too. The stacks' own tests check that the conditions are there (tests/stacks/encryption.test.ts). Done before
 * the deployment, because its custom resources write.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const unknown = /^kms:EncryptionContext:/;
const keyOfObject = 's3:x-amz-server-side-encryption-aws-kms-key-id';
/** Not whose key, but that there is one. */
const kindOfEncryption = ['s3:x-amz-server-side-encryption', 'aws:kms'] as const;

type Conditions = Record<string, Record<string, unknown>>;

/** The conditions as far as the emulator can judge them; operators without any are left out. */
function judged(conditions: Conditions): Conditions {
  const kept = Object.entries(conditions).map(([operator, keys]): [string, Record<string, unknown>] => [
    operator,
    Object.fromEntries(
      Object.entries(keys)
        .filter(([key]) => !unknown.test(key))
        .map(([key, value]) => (key === keyOfObject ? kindOfEncryption : [key, value])),
    ),
  ]);
  return Object.fromEntries(kept.filter(([, keys]) => Object.keys(keys).length > 0));
}

/** Rewrites the templates of an assembly in place. */
export function dropConditions(assembly: string): void {
  for (const name of readdirSync(assembly).filter((file) => file.endsWith('.template.json'))) {
    const path = join(assembly, name);
    const template: unknown = JSON.parse(readFileSync(path, 'utf8'), (key, value: unknown) =>
      key === 'Condition' && typeof value === 'object' && value !== null ? judged(value as Conditions) : value,
    );
    writeFileSync(path, JSON.stringify(template, null, 1));
  }
}
