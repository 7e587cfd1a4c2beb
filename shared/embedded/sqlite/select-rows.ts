/** One page of a partition or an index, read from the table's file. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Key, Query } from '../../port/table.ts';
import type { CursorPosition } from './sqlite-cursor.ts';

export type SelectedRow = CursorPosition & Key & { body: string };

export class RowSelector {
  readonly #db: DatabaseSync;
  readonly #queries = new Map<string, StatementSync>();

  constructor(db: DatabaseSync) {
    this.#db = db;
  }

  /** One row more than the query's limit, when there are more. */
  select(query: Query, position: CursorPosition | undefined): SelectedRow[] {
    const [pk, sk] = query.index === 'gsi1' ? ['g1pk', 'g1sk'] : query.index === 'gsi2' ? ['g2pk', 'g2sk'] : ['pk', 'sk'];
    const direction = query.reverse ? 'DESC' : 'ASC';
    const after = query.reverse ? '<' : '>';
    const upper = query.prefix === undefined ? query.to : undefined;
    const parts = [`SELECT ${sk} AS sort, rowid AS id, pk, sk, body FROM items WHERE ${pk} = ?`];
    const values: (string | number)[] = [query.pk];
    const where = (sql: string, ...bound: (string | number)[]): void => {
      parts.push(`AND ${sql}`);
      values.push(...bound);
    };
    if (query.index) where(`${sk} IS NOT NULL`);
    if (query.from !== undefined) where(`${sk} >= ?`, query.from);
    if (upper !== undefined) where(`${sk} <= ?`, upper);
    if (query.prefix !== undefined && query.prefix !== '') where(`${sk} >= ? AND ${sk} < ?`, query.prefix, afterPrefix(query.prefix));
    if (position) where(`(${sk}, rowid) ${after} (?, ?)`, position.sort, position.id);
    parts.push(`ORDER BY ${sk} ${direction}, rowid ${direction} LIMIT ?`);
    values.push(query.limit + 1);
    return this.#prepared(parts.join(' '))
      .all(...values)
      .map((row) => ({
        sort: String(row['sort']),
        id: Number(row['id']),
        pk: String(row['pk']),
        sk: String(row['sk']),
        body: String(row['body']),
      }));
  }

  #prepared(sql: string): StatementSync {
    const known = this.#queries.get(sql);
    if (known) return known;
    const statement = this.#db.prepare(sql);
    this.#queries.set(sql, statement);
    return statement;
  }
}

/** U+10FFFF is the largest code point, so every string with the prefix sorts before prefix + U+10FFFF. */
function afterPrefix(prefix: string): string {
  return `${prefix}\u{10FFFF}`;
}
