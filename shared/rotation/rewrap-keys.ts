import { rewrapDataKeys } from '../encryption/rewrap-data-keys.ts';
import { advance, rotationKey } from './rotation.ts';
import { step } from './step.ts';

/** Pages a call: with 200 data keys each, some minutes of KMS; the state machine calls again while there are more. */
const pagesPerCall = 20;

/**
 * Has the new wrapping key wrap every data key; nothing for a signer. Data keys stay the same, so nothing that they sealed is read or written. Where it was
 * interrupted it begins anew, and what was wrapped already costs a look.
 */
export const rewrapKeys = step('rewrapped', async (deps, rotation) => {
  let rewrapped = rotation.rewrapped;
  let cursor = rotation.cursor ?? undefined;
  for (let page = 0; rotation.kind === 'data' && page < pagesPerCall; page += 1) {
    const done = await rewrapDataKeys(deps, cursor);
    rewrapped += done.rewrapped;
    cursor = done.cursor;
    await deps.table.write([
      {
        kind: 'update',
        key: rotationKey(rotation.id),
        set: { rewrapped, cursor: cursor ?? null },
        conditions: [{ kind: 'compare', field: 'step', op: '=', value: rotation.step }],
      },
    ]);
    await deps.faults.hit('rotate:after-rewrap');
    if (cursor === undefined) break;
  }
  if (cursor === undefined) await advance(deps, rotation, { step: 'rewrapped' });
});
