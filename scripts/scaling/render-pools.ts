import { toUsd } from '../../shared/core/money.ts';
import { cacheCost, imageCache } from './cache-cost.ts';
import { comparePools } from './compare-pools.ts';

/** Any seed shows the same; the tests look at others. */
const shownSeed = 1;

const percent = (part: number, whole: number): string => `${((100 * part) / whole).toFixed(1)} %`;
const usd = (micros: number): string => `USD ${toUsd(micros).toFixed(2)}`;
const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

/** The pools and the image cache, each against doing nothing clever. */
export function renderPools(): string {
  const compared = comparePools(shownSeed);
  const sum = (amount: (one: (typeof compared)[number]) => number): number => compared.reduce((all, one) => all + amount(one), 0);
  const pools = compared.map(({ shape, meaning, fixedSize, fixed, policy }) =>
    row([
      `\`${shape}\``,
      meaning,
      String(fixedSize),
      percent(fixed.misses, fixed.starts),
      percent(policy.misses, policy.starts),
      usd(fixed.idleUsdMicros),
      usd(policy.idleUsdMicros),
      percent(policy.idleUsdMicros, fixed.idleUsdMicros),
    ]),
  );
  const kept = cacheCost(shownSeed, undefined);
  const pruned = cacheCost(shownSeed, imageCache);
  const fixedAll = sum(({ fixed }) => fixed.idleUsdMicros);
  const policyAll = sum(({ policy }) => policy.idleUsdMicros);
  return [
    row(['demand', 'shape', 'fixed size', 'fixed: starts that wait', 'policy: starts that wait', 'fixed', 'policy', 'policy of fixed']),
    row(Array.from({ length: 8 }, () => '---')),
    ...pools,
    row(['all', '', '', '', '', usd(fixedAll), usd(policyAll), percent(policyAll, fixedAll)]),
    '',
    row(['image cache, a quarter', 'storage', 'at the end', 'pulled again']),
    row(Array.from({ length: 4 }, () => '---')),
    ...[
      { name: 'everything kept', ...kept },
      { name: 'pruned', ...pruned },
    ].map(({ name, storageUsdMicros, endBytes, pulls, uses }) =>
      row([name, usd(storageUsdMicros), `${(endBytes / 1e9).toFixed(1)} GB`, percent(pulls, uses)]),
    ),
    row(['pruned of kept', percent(pruned.storageUsdMicros, kept.storageUsdMicros), '', '']),
  ].join('\n');
}
