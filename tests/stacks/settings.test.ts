import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { readSettings } from '../../stacks/settings.ts';
import { homeTemplate, runnerImage } from './home-template.ts';

const context = (values: Record<string, unknown>): { tryGetContext(name: string): unknown } => ({ tryGetContext: (name) => values[name] });

/** The first cells of the rows of a table in the guide whose first cells look so. */
const rowsOf = (cell: RegExp): string[] => {
  const guide = readFileSync(new URL('../../docs/guides/deploy-aws.md', import.meta.url), 'utf8');
  return [...guide.matchAll(/^\| `([^`]+)` +\|/gm)].flatMap(([, name = '']) => (cell.test(name) ? [name] : []));
};

describe('settings of a deployment', () => {
  test('the guide has a row for every setting and for every stack, and none for another', () => {
    const asked: string[] = [];
    const tryGetContext = (name: string): unknown => {
      asked.push(name);
      return name === 'issuer' ? 'https://id.example.com' : undefined;
    };
    readSettings({ tryGetContext });
    expect(rowsOf(/^[a-zA-Z]+$/).toSorted()).toEqual(asked.toSorted());
    const { resources } = homeTemplate({ replicaRegion: 'eu-west-1', runnerImage });
    const stacks = new Set(resources.map(({ stack }) => stack.replace('mc-dev-', 'mc-<stage>-')));
    expect(rowsOf(/^mc-/).toSorted()).toEqual([...stacks].toSorted());
  });

  test('an issuer is enough', () => {
    expect(readSettings(context({ issuer: 'https://id.example.com' }))).toEqual({
      stage: 'dev',
      issuer: 'https://id.example.com',
      audience: 'maestro-conductor',
      nightlyBackups: 'vault',
      objectLock: 'governance',
      ownerTenant: 'home',
    });
  });

  test('every problem is named at once', () => {
    const attempt = (): unknown =>
      readSettings(context({ stage: 'Not A Stage', alarmEmail: 'nobody', region: 'in Europe', ownerTenant: 'Not A Tenant' }));
    expect(attempt).toThrow(/issuer/);
    expect(attempt).toThrow(/stage/);
    expect(attempt).toThrow(/alarmEmail/);
    expect(attempt).toThrow(/region/);
    expect(attempt).toThrow(/ownerTenant/);
  });

  test('no tenant of the product can own a home, because what it publishes is trusted by everybody', () => {
    const attempt = (): unknown => readSettings(context({ issuer: 'https://id.example.com', ownerTenant: 'mc-catalog' }));
    expect(attempt).toThrow(/reserved/);
  });
});
