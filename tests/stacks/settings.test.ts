import { describe, expect, test } from '@jest/globals';
import { readSettings } from '../../stacks/settings.ts';

const context = (values: Record<string, unknown>): { tryGetContext(name: string): unknown } => ({ tryGetContext: (name) => values[name] });

describe('settings of a deployment', () => {
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
