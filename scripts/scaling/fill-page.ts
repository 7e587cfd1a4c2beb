import { renderPools } from './render-pools.ts';
import { scalingTables } from './scaling-page.ts';

/** The burst that the issue of 15,000 runs at once is about; more tenants than the hottest partition needs. */
const shownLoad = { runs: 15_000, tenants: 30 };

/** Puts each table between its marks `<!-- scaling:NAME -->` and `<!-- /scaling -->`; throws for a mark that means nothing. */
export function fillPage(page: string): string {
  const tables = new Map([...scalingTables(shownLoad), ['pools', renderPools()]]);
  return page.replace(/<!-- scaling:([a-z]+) -->\n[^]*?<!-- \/scaling -->/g, (_, name: string) => {
    const table = tables.get(name);
    if (table === undefined) throw new Error(`there is no table ${name}`);
    return `<!-- scaling:${name} -->\n\n${table}\n\n<!-- /scaling -->`;
  });
}
