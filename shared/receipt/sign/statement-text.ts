import { canonicalJson } from '../../core/json/canonical-json.ts';
import { canonicalObject } from '../../core/json/canonical-object.ts';
import { Statement, type Subject } from '../statement.ts';

/** A statement whose predicate is canonical JSON of an object already. */
interface WrittenStatement {
  predicate: string;
  predicateType: string;
  subject: readonly Subject[];
}

const type = 'https://in-toto.io/Statement/v1';
const { subject: Subjects } = Statement.shape;

/** What is signed of a statement: its canonical JSON. The predicate type is one of ours, or was parsed. Throws for subjects that cosign would not read. */
export function statementText({ predicate, predicateType, subject }: WrittenStatement): string {
  return canonicalObject({
    _type: canonicalJson(type),
    predicate,
    predicateType: canonicalJson(predicateType),
    subject: canonicalJson(Subjects.parse(subject)),
  });
}
