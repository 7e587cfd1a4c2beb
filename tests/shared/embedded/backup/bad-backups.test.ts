import { copyFileSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, truncateSync, writeFileSync, existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { filesBelow, openBackupScene, passphrase, type BackupScene } from '../../../support/backup/backup-scene.ts';
import type { BackupMade } from '../../../../shared/embedded/backup/make-backup.ts';

const slowMs = 60_000;
let scene: BackupScene;
let first: BackupMade;
let made: BackupMade;
beforeAll(async () => {
  scene = await openBackupScene();
  await scene.run(2);
  await scene.upload('a large file');
  first = await scene.backUp();
  await scene.run(2);
  made = await scene.backUp();
}, slowMs);
afterAll(() => scene.close());

const flip = (file: string, at?: number): void => {
  const bytes = readFileSync(file);
  const place = at ?? Math.floor(bytes.byteLength / 2);
  bytes[place] = (bytes[place] ?? 0) ^ 1;
  writeFileSync(file, bytes);
};
/** Changes what the statement says, which nobody signed then. */
const restate = (file: string, change: (predicate: Record<string, unknown>) => object): void => {
  const bundle = JSON.parse(readFileSync(file, 'utf8')) as { dsseEnvelope: { payload: string } };
  const statement = JSON.parse(Buffer.from(bundle.dsseEnvelope.payload, 'base64').toString('utf8')) as {
    predicate: Record<string, unknown>;
  };
  const payload = JSON.stringify({ ...statement, predicate: { ...statement.predicate, ...change(statement.predicate) } });
  bundle.dsseEnvelope.payload = Buffer.from(payload).toString('base64');
  writeFileSync(file, JSON.stringify(bundle));
};

/** The folders of a copy that a case spoils. */
interface Copy {
  top: string;
  backup: string;
  earlier: string;
  object: string;
}

type Case = [what: string, spoil: (copy: Copy) => void, reason: RegExp];
const cases: Case[] = [
  ['a table that is cut short', ({ backup }) => truncateSync(join(backup, 'table.sqlite'), 8_192), /table\.sqlite has 8192 bytes/],
  ['a table with one bit flipped', ({ backup }) => flip(join(backup, 'table.sqlite')), /table\.sqlite was changed/],
  ['no table', ({ backup }) => rmSync(join(backup, 'table.sqlite')), /table\.sqlite is missing/],
  [
    'the table of an earlier backup',
    (c) => copyFileSync(join(c.earlier, 'table.sqlite'), join(c.backup, 'table.sqlite')),
    /table\.sqlite (was changed|has)/,
  ],
  ['a list of blobs with a bit flipped', ({ backup }) => flip(join(backup, 'blobs.ndjson')), /blobs\.ndjson was changed/],
  [
    'a list of blobs that leads out of the folder',
    (c) => {
      const list = join(c.backup, 'blobs.ndjson');
      writeFileSync(list, readFileSync(list, 'utf8').replace(/"path":"[^"]*"/, '"path":"../../etc/passwd"'));
    },
    /blobs\.ndjson (was changed|has)/,
  ],
  ['an object with a bit flipped', ({ object }) => flip(object), /was changed/],
  ['an object that is cut short', ({ object }) => truncateSync(object, 100), /was changed/],
  ['an object that is missing', ({ object }) => rmSync(object), /missing/],
  [
    'an object that is a link',
    ({ object }) => {
      renameSync(object, `${object}-moved`);
      symlinkSync(`${object}-moved`, object);
    },
    /is a link/,
  ],
  [
    'a table that is a link',
    ({ backup, top }) => {
      renameSync(join(backup, 'table.sqlite'), join(top, '..', 'elsewhere.sqlite'));
      symlinkSync(join(top, '..', 'elsewhere.sqlite'), join(backup, 'table.sqlite'));
    },
    /is no file/,
  ],
  [
    'a backup that is a link',
    ({ backup, top }) => {
      renameSync(backup, join(top, '..', 'elsewhere'));
      symlinkSync(join(top, '..', 'elsewhere'), backup);
    },
    /is no folder/,
  ],
  ['a file too many', ({ backup }) => writeFileSync(join(backup, 'startup.sh'), 'rm'), /startup\.sh does not belong/],
  ['a file too many at the top', ({ top }) => writeFileSync(join(top, 'table.sqlite'), ''), /does not belong/],
  ['no statement', ({ backup }) => rmSync(join(backup, 'backup.sigstore.json')), /backup\.sigstore\.json is missing/],
  ['a statement that is no bundle', ({ backup }) => writeFileSync(join(backup, 'backup.sigstore.json'), '{}'), /no signed statement/],
  [
    'a statement that nobody signed',
    ({ backup }) => restate(join(backup, 'backup.sigstore.json'), () => ({ takenAt: '2030-01-01T00:00:00.000Z' })),
    /does not verify/,
  ],
  [
    'another format',
    ({ backup }) => restate(join(backup, 'backup.sigstore.json'), () => ({ format: 2 })),
    /format 2; this program reads format 1/,
  ],
  [
    'the statement of an earlier backup',
    (c) => copyFileSync(join(c.earlier, 'backup.sigstore.json'), join(c.backup, 'backup.sigstore.json')),
    /those of the backup|is bak_/,
  ],
  [
    'an earlier backup under the name of a later one',
    (c) => {
      rmSync(c.backup, { recursive: true });
      renameSync(c.earlier, c.backup);
    },
    /the backup in .* is bak_/,
  ],
  [
    'keys with a bit flipped',
    ({ backup }) => {
      const file = join(backup, 'keys.json');
      const keys = JSON.parse(readFileSync(file, 'utf8')) as { sealed: string };
      const sealed = Buffer.from(keys.sealed, 'base64');
      sealed[9] = (sealed[9] ?? 0) ^ 1;
      writeFileSync(file, JSON.stringify({ ...keys, sealed: sealed.toString('base64') }));
    },
    /passphrase is not the one/,
  ],
  [
    'keys that ask for all memory',
    ({ backup }) => {
      const file = join(backup, 'keys.json');
      writeFileSync(file, readFileSync(file, 'utf8').replace('scrypt-131072-8-1', 'scrypt-1073741824-8-1'));
    },
    /not what a backup writes/,
  ],
];

describe('a backup that is not what was backed up is refused, and nothing is written:', () => {
  test.each(cases)(
    '%s',
    async (_what, spoil, reason) => {
      const top = scene.copyBackups();
      const [object = ''] = filesBelow(join(top, 'objects')).map((name) => join(top, 'objects', name));
      spoil({ top, object, backup: join(top, 'backups', made.id), earlier: join(top, 'backups', first.id) });
      const code = expect.stringMatching(/^mc:backup:(invalid|keys)$/);
      const expected = { code, message: expect.stringMatching(reason) };
      await expect(scene.restore({ from: top, id: made.id })).rejects.toMatchObject(expected);
      await expect(scene.restore({ from: top, id: made.id, isDryRun: true })).rejects.toMatchObject(expected);
      expect(existsSync(scene.target)).toBe(false);
      expect(existsSync(`${scene.target}.restoring`)).toBe(false);
    },
    slowMs,
  );

  test('a wrong passphrase, an unknown backup, and a folder without any', async () => {
    await expect(scene.restore({ keys: { passphrase: `${passphrase}!` } })).rejects.toMatchObject({ code: 'mc:backup:keys' });
    await expect(scene.restore({ id: 'bak_01K9ZZZZZZZZZZZZZZZZZZZZZZ' })).rejects.toMatchObject({ code: 'mc:backup:not-found' });
    await expect(scene.restore({ from: join(scene.to, '..') })).rejects.toMatchObject({ code: 'mc:backup:not-found' });
  });

  test('the keys of another home', async () => {
    const other = await openBackupScene();
    try {
      const keys = { folder: join(other.engine.folder, 'keys') };
      await expect(scene.restore({ keys })).rejects.toMatchObject({
        code: 'mc:backup:keys',
        message: expect.stringMatching(/not the one/),
      });
    } finally {
      await other.close();
    }
  });
});

describe('a target that holds something is refused', () => {
  test.each([
    ['a home', (): string => scene.engine.folder, /not empty/],
    ['a folder with a file', (): string => dirname(scene.to), /not empty/],
    ['a file', (): string => join(scene.to, 'home.json'), /is no folder/],
  ])('%s', async (_what, target, message) => {
    const before = filesBelow(scene.to);
    await expect(scene.restore({ dataDir: target() })).rejects.toMatchObject({
      code: 'mc:backup:place',
      message: expect.stringMatching(message),
    });
    expect(filesBelow(scene.to)).toEqual(before);
  });

  test('but an empty folder is taken, and a dry run writes nothing', async () => {
    const before = filesBelow(scene.to);
    await expect(scene.restore({ isDryRun: true })).resolves.toMatchObject({ backup: { id: made.id }, home: null });
    expect(existsSync(scene.target)).toBe(false);
    mkdirSync(scene.target);
    await expect(scene.restore({ id: first.id })).resolves.toMatchObject({ backup: { id: first.id } });
    expect(filesBelow(scene.to)).toEqual(before);
  });
});
