import { canonicalJson } from '../../core/json/canonical-json.ts';
import { Statement } from '../statement.ts';

/** What is signed of a statement: its canonical JSON. Throws for one that cosign would not read. */
export function payloadOf(statement: Statement): string {
  return canonicalJson(Statement.parse(statement));
}
