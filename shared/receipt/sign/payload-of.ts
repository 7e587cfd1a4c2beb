import { canonicalJson } from '../../core/json/canonical-json.ts';
import { Statement } from '../statement.ts';
import { statementText } from './statement-text.ts';

/** As statementText, for a statement that is no text yet. Throws for one that cosign would not read. */
export function payloadOf(statement: Statement): string {
  const { predicate, predicateType, subject } = Statement.parse(statement);
  return statementText({ predicate: canonicalJson(predicate), predicateType, subject });
}
