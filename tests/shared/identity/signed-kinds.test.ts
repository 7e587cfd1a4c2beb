import { expect, test } from '@jest/globals';
import { predicateTypes } from '../../../shared/receipt/statement.ts';
import { kindsOfEmbeddedHome, kindsOfEveryHome } from '../../support/identity/signed-kinds.ts';

test('every type of statement that is signed is a kind which a suite verifies with cosign', () => {
  const named = [kindsOfEveryHome, kindsOfEmbeddedHome].flatMap((kinds) => Object.values(kinds));
  expect(Object.keys(predicateTypes).filter((type) => !named.some((name) => name === type))).toEqual([]);
});
