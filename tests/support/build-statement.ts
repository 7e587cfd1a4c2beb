import { digestBytes, hexOf } from '../../shared/core/digest.ts';
import { predicateTypes, type Statement } from '../../shared/receipt/statement.ts';

/** The bytes that built statements speak of. */
export const artifact = 'the artifact\n';

/** A small valid statement about the artifact. */
export function buildStatement(change: Partial<Statement> = {}): Statement {
  return {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name: 'artifact', digest: { sha256: hexOf(digestBytes(artifact)) } }],
    predicateType: predicateTypes.run,
    predicate: { note: 'ü' },
    ...change,
  };
}
