import { canonicalJson } from '../../core/json/canonical-json.ts';
import { canonicalObject } from '../../core/json/canonical-object.ts';
import { assertInvariant } from '../../core/errors.ts';
import { maxSubjects, type Subject } from '../statement.ts';

/** A statement whose predicate is canonical JSON of an object already. */
interface WrittenStatement {
  predicate: string;
  predicateType: string;
  subject: readonly Subject[];
}

const type = 'https://in-toto.io/Statement/v1';

/** What is signed of a statement: its canonical JSON. Predicate type and subjects were made of what was parsed, or were parsed. Throws for more subjects than cosign reads. */
export function statementText({ predicate, predicateType, subject }: WrittenStatement): string {
  assertInvariant(subject.length <= maxSubjects, `a statement of ${subject.length} subjects is not read by cosign`);
  return canonicalObject({
    _type: canonicalJson(type),
    predicate,
    predicateType: canonicalJson(predicateType),
    subject: canonicalJson(subject),
  });
}
