/**
 * What the compiler does not see: floating promises, unhandled union members, `any` from outside, effects taken from the air.
 * Sizes, folders and import direction are checked by scripts/tidy.ts, layout by prettier; neither is repeated here.
 */
import js from '@eslint/js';
import tseslint from 'typescript-eslint';
import ambient from './scripts/tidy/ambient.json' with { type: 'json' };

const take = 'take it from deps (Clock, Ids, HomeConfig, Logger) so that tests and both homes can supply it';

const noAmbientEffects = {
  'no-console': 'error',
  'no-restricted-globals': ['error', ...ambient.globals.map((name) => ({ name, message: take }))],
  'no-restricted-properties': ['error', ...ambient.members.map(([object, property]) => ({ object, property, message: take }))],
  'no-restricted-imports': ['error', { paths: ambient.imports.map(([name, member]) => ({ name, importNames: [member], message: take })) }],
  'no-restricted-syntax': [
    'error',
    { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: take },
    { selector: "CallExpression[callee.name='Date']", message: take },
  ],
};

const typeAware = {
  '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
  '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
  '@typescript-eslint/consistent-type-exports': 'error',
  '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true }],
  '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
  '@typescript-eslint/return-await': ['error', 'in-try-catch'],
  '@typescript-eslint/no-non-null-assertion': 'error',
  // What was caught may be passed on as it came.
  '@typescript-eslint/prefer-promise-reject-errors': ['error', { allowThrowingUnknown: true }],
  '@typescript-eslint/strict-boolean-expressions': 'off',
  // A port is asynchronous for the sake of its slowest adapter; the fast ones have nothing to await.
  '@typescript-eslint/require-await': 'off',
};

/** What JavaScript files use of Node's globals; in TypeScript the compiler knows them. */
const nodeGlobals = [
  'AbortController',
  'Buffer',
  'TextDecoder',
  'TextEncoder',
  'URL',
  'clearTimeout',
  'console',
  'fetch',
  'performance',
  'process',
  'setTimeout',
];

const plain = {
  eqeqeq: ['error', 'always'],
  'max-params': ['error', 4],
  // Takes `this.#timer ??= …` for a write only, and a timer is often held that way.
  'no-unused-private-class-members': 'off',
  'no-var': 'error',
  'object-shorthand': 'error',
  'prefer-const': 'error',
};

export default tseslint.config(
  {
    ignores: [
      'node_modules/',
      'dist/',
      'cdk.out/',
      'coverage/',
      '.oracles/',
      '.peers/',
      '.cloud/',
      '.sst/',
      'sst.config.ts',
      'tests/golden/',
      'tests/fixtures/',
    ],
  },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  js.configs.recommended,
  { rules: plain },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: { ...typeAware, ...noAmbientEffects },
  },
  {
    files: ambient.allowedIn.map((folder) => `${folder}/**/*.ts`),
    rules: Object.fromEntries(Object.keys(noAmbientEffects).map((rule) => [rule, 'off'])),
  },
  {
    files: ['tests/**/*.ts'],
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      // A row of test.each arrives as that many parameters.
      'max-params': 'off',
      // Our own modules are never mocked: a test passes fakes for ports (docs/contributing.md).
      'no-restricted-syntax': [
        'error',
        {
          selector: "CallExpression[callee.object.name='jest'][callee.property.name=/^(mock|doMock|unstable_mockModule)$/]",
          message: 'pass a fake port instead',
        },
      ],
    },
  },
  {
    files: ['**/*.{js,mjs}'],
    languageOptions: { globals: Object.fromEntries(nodeGlobals.map((name) => [name, 'readonly'])) },
  },
);
