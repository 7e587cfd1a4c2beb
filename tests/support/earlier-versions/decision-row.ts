import { readFileSync } from 'node:fs';
import type { Item } from '../../../shared/port/table.ts';

/** The row of the decision that let a run start, byte for byte as 0.1.0 stored it (its `openEngine`, a run of one task). Never edit it. */
const text = readFileSync(new URL('../../fixtures/rows/v0.1.0/decision-start.json', import.meta.url), 'utf8');
const written = { tenant: 'acme', executionId: 'exec_01M7ZKCENBY5JKW60Q22WWSS2Q', decisionId: 'dec_01M7ZKCENBY5JKW60Q22WWSS2P' } as const;

/** That row as it would lie beside another run. */
export function earlierDecisionRow(names: Readonly<Record<keyof typeof written, string>>): Item {
  const renamed = text
    .replaceAll(written.executionId, names.executionId)
    .replaceAll(written.decisionId, names.decisionId)
    .replace(`T#${written.tenant}#`, `T#${names.tenant}#`)
    .replaceAll(`"${written.tenant}"`, `"${names.tenant}"`);
  return JSON.parse(renamed) as Item; // A row that was written by the engine.
}
