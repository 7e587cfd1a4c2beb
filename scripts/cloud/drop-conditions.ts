/**
 * Makes of synthesised templates what the emulator can judge. It knows no encryption context in the conditions of a right, so that such a right would hold never; and of the encryption of an
 * object only its kind, so that a refusal of all keys but one would refuse that one too. The stacks' own tests check that the conditions are there (tests/stacks/cases/encryption.ts). Done before
 * the deployment, because its custom resources write.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A condition that the emulator cannot judge, and what stands in its place, if anything. */
interface Unjudged {
  what: string;
  matches: RegExp;
  instead?: readonly [key: string, value: unknown];
}

const unjudged: readonly Unjudged[] = [
  { what: 'kms:EncryptionContext:…', matches: /^kms:EncryptionContext:/ },
  {
    what: 's3:x-amz-server-side-encryption-aws-kms-key-id',
    matches: /^s3:x-amz-server-side-encryption-aws-kms-key-id$/,
    // Not whose key, but that there is one.
    instead: ['s3:x-amz-server-side-encryption', 'aws:kms'],
  },
];

type Conditions = Record<string, Record<string, unknown>>;

/** The conditions as far as the emulator can judge them; operators without any are left out. `met` is told which were changed. */
function judged(conditions: Conditions, met: Set<Unjudged>): Conditions {
  const kept = Object.entries(conditions).map(([operator, keys]): [string, Record<string, unknown>] => [
    operator,
    Object.fromEntries(
      Object.entries(keys).flatMap(([key, value]) => {
        const found = unjudged.find(({ matches }) => matches.test(key));
        if (found === undefined) return [[key, value]];
        met.add(found);
        return found.instead === undefined ? [] : [found.instead];
      }),
    ),
  ]);
  return Object.fromEntries(kept.filter(([, keys]) => Object.keys(keys).length > 0));
}

/** Rewrites the templates of an assembly in place; throws, and rewrites none, when one of the conditions is in no template any more: then its rule here hides nothing and has to go. */
export function dropConditions(assembly: string): void {
  const met = new Set<Unjudged>();
  const rewritten = readdirSync(assembly)
    .filter((name) => name.endsWith('.template.json'))
    .map((name) => {
      const path = join(assembly, name);
      const template: unknown = JSON.parse(readFileSync(path, 'utf8'), (key, value: unknown) =>
        key === 'Condition' && typeof value === 'object' && value !== null ? judged(value as Conditions, met) : value,
      );
      return { path, template };
    });
  const gone = unjudged.filter((condition) => !met.has(condition)).map(({ what }) => what);
  if (gone.length > 0)
    throw new Error(
      `No template of ${assembly} has the condition ${gone.join(' or ')}: see what became of it, and take it out of scripts/cloud/drop-conditions.ts.`,
    );
  for (const { path, template } of rewritten) writeFileSync(path, JSON.stringify(template, null, 1));
}
